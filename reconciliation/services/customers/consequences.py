"""What a link or a merge would touch, listed before it is done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from integrations.clock import business_now
from integrations.models import Pair
from mapping.choices import LinkSystem
from mapping.models import CustomerLink, CustomerMerge
from reconciliation.choices import OPEN_STATES, DecisionState, Placement
from reconciliation.models import ExceptionItem, Transaction

#: Payments of so many days tell what later ones will be like.
RECENT: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Consequence:
    """So many rows are touched, with the money in them by currency, and what becomes of them."""

    what: str
    number: int
    money: tuple[tuple[str, str], ...]
    becomes: str

    def plain(self) -> dict[str, Any]:
        return asdict(self) | {"money": [list(part) for part in self.money]}


def of_merge(pair: Pair, kept_id: str, merged_id: str) -> list[Consequence]:
    """Links, open exceptions, receipts on account and payments, those that are touched only."""
    refs = _refs(pair, [merged_id])
    links = CustomerLink.objects.filter(pair=pair, customer_id=merged_id).count()
    rows = Transaction.objects.filter(connection=pair.gateway)
    found = [
        Consequence("Links", links, (), f"point to {kept_id}; taking it back restores them"),
        *_of_payments(pair, rows, merged_id, refs),
        _money_of(
            "Payments of the last 90 days",
            rows.filter(customer_id=merged_id, captured_at__gte=business_now() - RECENT),
            f"stay with {merged_id}; later ones like them are booked with {kept_id}, unless they"
            f" pay an invoice of {merged_id}",
        ),
    ]
    return [each for each in found if each.number]


def of_unmerge(merge: CustomerMerge) -> list[Consequence]:
    """What taking a merge back would touch."""
    pair, since = merge.pair, merge.decided_at
    refs = [was["ref"] for was in merge.before] + [merge.merged_id]
    rows = Transaction.objects.filter(connection=pair.gateway, customer_ref__in=refs)
    booked = rows.filter(customer_id=merge.kept_id, updated_at__gte=since) if since else rows.none()
    found = [
        Consequence("Links", len(merge.before), (), f"point to {merge.merged_id} again"),
        _money_of(
            "Payments booked since",
            booked,
            f"stay with {merge.kept_id} in the ERP; move them there if they should not",
        ),
        _money_of(
            "Payments still to be decided",
            rows.filter(decision__in=(DecisionState.DUE, DecisionState.WAITING)),
            f"are booked with {merge.merged_id}",
        ),
    ]
    return [each for each in found if each.number]


def of_link(pair: Pair, system: str, ref: str) -> list[Consequence]:
    """What linking, or unlinking, a customer of the gateway or the CRM would touch."""
    if system != LinkSystem.GATEWAY:
        return []
    rows = Transaction.objects.filter(connection=pair.gateway, customer_ref=ref)
    waiting = rows.filter(decision__in=(DecisionState.DUE, DecisionState.WAITING))
    found = [
        _money_of("Payments still to be decided", waiting, "are booked with the linked customer"),
        _money_of(
            "Payments with the unidentified receipts",
            rows.filter(placement=Placement.UNIDENTIFIED),
            "stay there until their exception is resolved",
        ),
        _money_of("Payments on account", rows.filter(placement=Placement.ON_ACCOUNT), "stay there"),
        _exceptions(ExceptionItem.objects.filter(transaction__in=rows)),
    ]
    return [each for each in found if each.number]


def _refs(pair: Pair, customers: Collection[str]) -> list[str]:
    """Numbers by which the gateway names these customers: linked ones, and their own."""
    linked = CustomerLink.objects.filter(
        pair=pair, system=LinkSystem.GATEWAY, customer_id__in=customers
    ).values_list("ref", flat=True)
    return [*linked, *customers]


def _of_payments(
    pair: Pair, rows: QuerySet[Transaction], customer_id: str, refs: Collection[str]
) -> list[Consequence]:
    own = Q(customer_id=customer_id)
    named = Q(customer_ref__in=refs)
    items = ExceptionItem.objects.filter(transaction__in=rows.filter(own | named))
    return [
        _exceptions(items),
        _money_of(
            "Receipts on account",
            rows.filter(own, placement=Placement.ON_ACCOUNT),
            f"stay on the account of {customer_id} in the ERP; move them there",
        ),
        _money_of(
            "Payments still to be decided",
            rows.filter(named, decision__in=(DecisionState.DUE, DecisionState.WAITING)),
            "are booked with the customer that stays",
        ),
    ]


def _exceptions(items: QuerySet[ExceptionItem]) -> Consequence:
    open_items = items.filter(state__in=OPEN_STATES)
    return Consequence(
        "Open exceptions", open_items.count(), (), "stay open until somebody works on them"
    )


def _money_of(what: str, rows: QuerySet[Transaction], becomes: str) -> Consequence:
    sums = list(
        rows.order_by("currency").values("currency").annotate(n=Count("pk"), total=Sum("amount"))
    )
    number = sum(each["n"] for each in sums)
    money = tuple((str(each["total"] or Decimal(0)), each["currency"]) for each in sums)
    return Consequence(what, number, money, becomes)

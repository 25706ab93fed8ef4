"""One invoice across the systems: what was applied to it, who names it, and its way."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from console import formats
from integrations.choices import FINAL_STATES, PostingState
from integrations.models import Pair
from integrations.money import Money
from reconciliation import words
from reconciliation.models import ExceptionItem, Reservation, SettlementBatch, Transaction
from reconciliation.timeline import Step, posted, settled

#: So many of a sort are shown; hardly an invoice is paid more often.
SHOWN: Final = 50
LONGEST: Final = 40
_RELATED: Final = ("effect__posting__target", "effect__transaction__batch", "effect__pair")
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Applied:
    """What one document puts on the invoice; `counts` unless it was taken back or never sent."""

    row: Reservation
    amount: Money
    counts: bool
    is_in_erp: bool


def reservations(pair: Pair, document_no: str) -> QuerySet[Reservation]:
    """What any gateway of the ERP's company put, or is to put, on the invoice; oldest first."""
    found = Reservation.objects.filter(
        document_no=document_no, company=pair.company, effect__pair__erp=pair.erp_id
    )
    attempts = Prefetch("effect__posting__attempts")
    return (
        found.select_related(*_RELATED)
        .prefetch_related(attempts, "effect__reservations")
        .order_by("pk")
    )


def applied(rows: Iterable[Reservation]) -> list[Applied]:
    return [
        Applied(
            row,
            Money(row.amount, row.effect.posting.currency),
            not row.is_released and row.effect.posting.state != PostingState.CANCELLED,
            row.effect.posting.state in (*FINAL_STATES, PostingState.ENTERED),
        )
        for row in rows
    ]


def naming(pair: Pair, forms: Collection[str], paid: Collection[int]) -> list[Transaction]:
    """The newest payments whose payer wrote one of the forms, without those of `paid`."""
    wrote = reduce(or_, (Q(reference_texts__contains=[form]) for form in sorted(forms)), Q())
    if not forms:
        return []
    found = Transaction.objects.filter(wrote | Q(payer_ref__in=forms), connection=pair.gateway_id)
    return list(found.exclude(pk__in=paid).order_by("-captured_at", "-id")[:SHOWN])


def exceptions(payments: Collection[int]) -> list[ExceptionItem]:
    found = ExceptionItem.objects.filter(transaction__in=payments)
    return list(found.order_by("-id")[:SHOWN])


def steps(rows: Iterable[Reservation]) -> list[Step]:
    """Captured, settled, posted: of every payment on it, in the order in which it happened."""
    found: list[Step] = []
    payments: dict[int, Transaction] = {}
    batches: dict[int, tuple[Transaction, SettlementBatch]] = {}
    for row in rows:
        found.append(posted(row.effect))
        payment = row.effect.transaction
        if payment is None:
            continue
        payments.setdefault(payment.pk, payment)
        if payment.batch is not None:
            batches.setdefault(payment.batch.pk, (payment, payment.batch))
    found += [_captured(payment) for payment in payments.values()]
    found += [settled(payment, batch) for payment, batch in batches.values()]
    return sorted(found, key=lambda step: step.when or _NEVER)


def _captured(payment: Transaction) -> Step:
    url = reverse("transaction", args=[payment.pk])
    amount = formats.money_text(payment.amount, payment.currency)
    return Step(
        f"{payment.get_kind_display()} of {amount} at the gateway",
        "good",
        payment.captured_at,
        words.transaction_status(payment.status),
        [format_html('<b>Transaction</b> <a href="{}">{}</a>', url, payment.vendor_id)],
    )

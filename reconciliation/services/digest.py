"""The daily digest to finance: what a business day brought, pair by pair, also when all is well.

A drain: at its hour each route gets the digest of the day before, once. What it says is settled
here and kept in the message; `integrations` only delivers it. Hours and days are business time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Min, Q, Sum
from django.template.loader import render_to_string

from audit import services as audit
from audit.pace import Pace
from console import formats
from integrations.alert_links import public
from integrations.choices import FINAL_STATES, NoticeKind, PostingState
from integrations.clock import business_now, wall_now
from integrations.models import AlertDelivery, AlertRoute, Pair
from integrations.services import lanes
from integrations.services.alert_routing import environment_routes
from integrations.services.alerts import LANE
from reconciliation import words
from reconciliation.choices import BatchState, EffectKind, TransactionKind
from reconciliation.models import Effect, SettlementBatch, Transaction
from reconciliation.questions import TAKEN, in_transit, open_exceptions

WAITING: Final = "true"
PACE: Final = Pace(20.0)


@dataclass(frozen=True, slots=True)
class OpenReason:
    reason: str
    number: int
    oldest: str


@dataclass(frozen=True, slots=True)
class PairDay:
    """One pair's day. Amounts are texts with their currency."""

    pair: str
    currency: str
    payments: int
    money_in: str
    receipts: int
    receipts_posted: int
    batches: int
    tied_out: int
    discrepant: int
    in_transit: int
    in_transit_amount: str
    unexplained: str
    exceptions: list[OpenReason] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Nothing differs; what only waits for the bank is well."""
        return not self.discrepant and not self.exceptions


def drain() -> int:
    """Put the digests that are due on their way; how many those were."""
    return send_due() if PACE.is_due() else 0


def send_due() -> int:
    now = business_now()
    routes = [
        *AlertRoute.objects.filter(is_active=True, sends_digest=True),
        *(route for route in environment_routes() if route.sends_digest),
    ]
    days: dict[date, dict[str, Any]] = {}
    return sum(_send(route, day, days) for route in routes if (day := day_due(route, now)))


def day_due(route: AlertRoute, now: datetime) -> date | None:
    """The business day whose digest a route should have by now: yesterday's, after its hour."""
    local = now.astimezone(ZoneInfo(route.time_zone))
    return local.date() - timedelta(days=1) if local.time() >= route.digest_at else None


def _send(route: AlertRoute, day: date, days: dict[date, dict[str, Any]]) -> int:
    known = AlertDelivery.objects.filter(
        channel=route.channel, address=route.address, digest_on=day
    )
    if known.exists():
        return 0
    if day not in days:
        days[day] = digest_of(day)
    now = wall_now()
    with transaction.atomic():
        row = AlertDelivery(
            route=route if route.pk else None,
            channel=route.channel,
            address=route.address,
            notice=NoticeKind.DIGEST,
            digest_on=day,
            digest=days[day],
            due_at=now,
            created_at=now,
        )
        # Another worker may have made it in between: the constraint says who was first.
        made = AlertDelivery.objects.bulk_create([row], ignore_conflicts=True)
        stands = AlertDelivery.objects.filter(uid=made[0].uid).exists()
        if stands:
            audit.record(
                "digest.made",
                ("alert-delivery", str(row.uid)),
                actor="worker",
                summary=f"Digest of {day} to {route.address}.",
                business_on=day,
            )
            lanes.wake(LANE)
    return int(stands)


def digest_of(day: date) -> dict[str, Any]:
    """Subject, text, HTML and figures of one business day, all pairs."""
    pairs = Pair.objects.filter(is_active=True).select_related("gateway", "erp").order_by("name")
    found = [pair_day(pair, day) for pair in pairs]
    context = {
        "day": formats.day_text(day),
        "pairs": found,
        "headline": headline(found, day),
        "url": public("/"),
    }
    return {
        "subject": context["headline"],
        "text": render_to_string("reconciliation/mail/digest.txt", context),
        "html": render_to_string("reconciliation/mail/digest.html", context),
        "figures": {"day": day.isoformat(), "pairs": [asdict(each) for each in found]},
    }


def headline(found: list[PairDay], day: date) -> str:
    """`All 42 batches of 14 Feb 2011 tied out.`, or what keeps it from being said."""
    batches, tied = sum(each.batches for each in found), sum(each.tied_out for each in found)
    discrepant = sum(each.discrepant for each in found)
    needs = sum(reason.number for each in found for reason in each.exceptions)
    when = formats.day_text(day)
    if not batches:
        said = f"No batch closed on {when}"
    elif tied == batches:
        one = f"The batch of {when} tied out"
        said = one if batches == 1 else f"All {batches:,} batches of {when} tied out"
    else:
        said = f"{tied:,} of {batches:,} batches of {when} tied out"
    if discrepant:
        said += f", {discrepant:,} with a difference"
    if needs:
        said += f"; {needs:,} open " + ("exception" if needs == 1 else "exceptions")
    return said + "."


def pair_day(pair: Pair, day: date) -> PairDay:
    """The figures of a pair's business day, as they are now."""
    sales = Transaction.objects.filter(
        connection=pair.gateway,
        captured_on=day,
        kind=TransactionKind.SALE,
        status__in=TAKEN,
        currency=pair.currency,
    ).aggregate(number=Count("id"), amount=Sum("amount"))
    receipts = Effect.objects.filter(pair=pair, kind=EffectKind.RECEIPT, business_on=day).aggregate(
        number=Count("id", filter=~Q(posting__state=PostingState.CANCELLED)),
        posted=Count("id", filter=Q(posting__state__in=FINAL_STATES)),
    )
    of_pair = SettlementBatch.objects.filter(connection=pair.gateway, currency=pair.currency)
    batches = (
        of_pair.filter(closed_on=day)
        .exclude(state=BatchState.OPEN)
        .aggregate(
            number=Count("id"),
            tied=Count("id", filter=Q(state=BatchState.TIED_OUT)),
            discrepant=Count("id", filter=Q(state=BatchState.DISCREPANT)),
            unexplained=Sum("residual"),
        )
    )
    transit = in_transit(of_pair).aggregate(number=Count("id"), amount=Sum("net_amount"))
    return PairDay(
        pair=pair.name,
        currency=pair.currency,
        payments=sales["number"],
        money_in=_money(sales["amount"], pair),
        receipts=receipts["number"],
        receipts_posted=receipts["posted"],
        batches=batches["number"],
        tied_out=batches["tied"],
        discrepant=batches["discrepant"],
        in_transit=transit["number"],
        in_transit_amount=_money(transit["amount"], pair),
        unexplained=_money(batches["unexplained"], pair),
        exceptions=_reasons(pair, day),
    )


def _money(amount: Decimal | None, pair: Pair) -> str:
    return formats.money_text(amount or Decimal(0), pair.currency)


def _reasons(pair: Pair, day: date) -> list[OpenReason]:
    """Open exceptions of a pair's connections by reason, the reason with most of them first."""
    found = (
        open_exceptions()
        .filter(connection__in=(pair.gateway_id, pair.erp_id, pair.bank_id))
        .order_by()
        .values_list("reason")
        .annotate(number=Count("id"), oldest=Min("business_on"))
    )
    rows = sorted(found, key=lambda row: (-row[1], row[0]))
    return [
        OpenReason(words.reason(reason), number, formats.days_text((day - oldest).days))
        for reason, number, oldest in rows
    ]

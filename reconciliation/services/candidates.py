"""Settlement batches that a deposit may be about, though nothing says so for certain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db.models import DecimalField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Abs

from integrations.models import Pair
from reconciliation import keys
from reconciliation.choices import BatchState
from reconciliation.models import BankLine, SettlementBatch

#: A deposit comes after its batch, and not after a month.
LOOK_BACK: Final = timedelta(days=31)
#: Fees and adjustments take so much of a batch at most; what is further off is another deposit.
CLOSE: Final = Decimal("0.05")
#: A batch that waits for its money, also one that has waited too long.
UNPAID: Final = Q(state=BatchState.WAITING) | Q(
    state=BatchState.DISCREPANT, bank_amount__isnull=True
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`reference` is how the batch would be named on the statement."""

    pair: Pair
    batch: SettlementBatch
    reference: str


def pairs_of(line: BankLine) -> list[Pair]:
    """The pairs whose money reaches the line's bank account."""
    return list(
        Pair.objects.filter(bank=line.connection_id, is_active=True)
        .select_related("gateway", "erp", "bank")
        .order_by("pk")
    )


def unpaid(pairs: list[Pair], currency: str) -> QuerySet[SettlementBatch]:
    gateways = [pair.gateway_id for pair in pairs]
    rows = SettlementBatch.objects.filter(UNPAID, connection__in=gateways, currency=currency)
    return rows.select_related("connection")


def nearest_batch(line: BankLine) -> Candidate | None:
    """The unpaid batch of the month before the line whose net comes nearest; None without one."""
    pairs = pairs_of(line)
    apart = Abs(
        ExpressionWrapper(
            F("net_amount") - Value(line.amount, output_field=DecimalField()),
            output_field=DecimalField(max_digits=15, decimal_places=3),
        )
    )
    rows = unpaid(pairs, line.currency).filter(
        closed_on__gte=line.booked_on - LOOK_BACK, closed_on__lte=line.booked_on
    )
    batch = rows.order_by(apart, "-closed_on", "pk").first() if pairs else None
    return candidate(pairs, batch) if batch else None


def is_close(line: BankLine, batch: SettlementBatch) -> bool:
    """Whether the batch comes so near that it may be offered as the line's own."""
    return abs(line.amount - batch.net_amount) <= CLOSE * abs(batch.net_amount)


def candidate(pairs: list[Pair], batch: SettlementBatch) -> Candidate:
    pair = next(pair for pair in pairs if pair.gateway_id == batch.connection_id)
    return Candidate(pair, batch, keys.settlement_ref(pair, batch.vendor_ref))

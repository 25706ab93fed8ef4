"""Overdue: deposits that do not come although the statements have been read past their day."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import transaction
from django.db.models import Max

from integrations.clock import business_day, wall_now
from integrations.contracts import Capability
from integrations.models import Pair, Pull
from integrations.money import Money
from reconciliation.choices import (
    BatchState,
    Reason,
)
from reconciliation.models import BankLine, SettlementBatch
from reconciliation.services.desk_open import Wanted, open_exceptions
from reconciliation.services.match import reason_row
from reconciliation.services.pairs import for_each_pair, today
from reconciliation.tieout import (
    Residual,
    banking_days_after,
    next_banking_day,
)

WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch
             WHERE state = 'waiting' AND closed_on < %(business)s::date - 3)"""

AT_ONCE: Final = 50


def drain() -> int:
    """Look at a portion for every pair; answers how many batches are reported."""
    return for_each_pair("overdue", report_overdue)


def report_overdue(pair: Pair) -> int:
    """Batches whose deposit is late although the statements have been read past its day."""
    seen_through = _statements_seen_through(pair)
    if seen_through is None:
        return 0
    moved = 0
    for batch in SettlementBatch.objects.filter(
        connection=pair.gateway, state=BatchState.WAITING
    ).order_by("closed_on")[:AT_ONCE]:
        last_day = banking_days_after(batch.closed_on, 1 + pair.deposit_late_after_days)
        if today(pair) > last_day and seen_through >= last_day:
            moved += _missing(pair, batch)
    return moved


def _statements_seen_through(pair: Pair) -> date | None:
    """The day of the newest bank line, or the day through which statements have been fetched.

    A bank account on which nothing moves has no newer lines: that they were looked for counts.
    """
    newest = BankLine.objects.filter(connection=pair.bank).aggregate(day=Max("booked_on"))["day"]
    fetched = Pull.objects.filter(
        connection=pair.bank, stream=Capability.STATEMENTS, through__isnull=False
    ).first()
    days = [newest] if newest else []
    if newest and fetched and fetched.through:
        days.append(business_day(fetched.through, pair.time_zone))
    return max(days, default=None)


def _missing(pair: Pair, batch: SettlementBatch) -> int:
    due = Money(batch.net_amount, batch.currency)
    expected_on = next_banking_day(batch.closed_on)
    residual = Residual(
        "deposit_missing",
        f"{due} was due on {expected_on}; the statements go on without it.",
        -due,
    )
    with transaction.atomic():
        batch.state = BatchState.DISCREPANT
        batch.residual = abs(due.amount)
        batch.reasons = [reason_row(residual)]
        batch.updated_at = wall_now()
        batch.save(update_fields=["residual", "state", "reasons", "updated_at"])
        open_exceptions(
            [
                Wanted(
                    reason=Reason.DEPOSIT_MISSING,
                    subject=f"batch:{batch.pk}",
                    connection=batch.connection,
                    message=residual.message,
                    business_on=today(pair),
                    amount=due.amount,
                    currency=batch.currency,
                    batch=batch,
                )
            ]
        )
    return 1

"""Overdue: deposits that do not come although the statements have been read past their day."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db.models import Max

from integrations.clock import business_day, wall_now
from integrations.contracts import Capability
from integrations.models import Pair, Pull
from integrations.money import Money
from reconciliation.choices import (
    BatchState,
    Reason,
)
from reconciliation.lifecycle import moved
from reconciliation.models import BankLine, SettlementBatch
from reconciliation.services.apart import is_set_aside, one_by_one
from reconciliation.services.batch_changes import as_seen
from reconciliation.services.desk_open import about_batch, open_exceptions
from reconciliation.services.pairs import for_each_pair, today
from reconciliation.services.residuals import accepted_rows, reason_row
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
    late = (
        SettlementBatch.objects.filter(connection=pair.gateway, state=BatchState.WAITING)
        .exclude(is_set_aside("batch"))
        .select_related("connection")
        .order_by("closed_on", "id")[:AT_ONCE]
    )

    def look(batch: SettlementBatch) -> int:
        last_day = banking_days_after(batch.closed_on, 1 + pair.deposit_late_after_days)
        if today(pair) <= last_day or seen_through < last_day:
            return 0
        return _missing(pair, batch)

    return one_by_one(late, look, lambda batch, said: about_batch(batch, Reason.SET_ASIDE, said))


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


def _missing(pair: Pair, seen: SettlementBatch) -> int:
    """Say that the deposit is missing; call inside a transaction."""
    batch = as_seen(seen)
    if batch is None:
        return 0
    due = Money(batch.net_amount, batch.currency)
    expected_on = next_banking_day(batch.closed_on)
    residual = Residual(
        "deposit_missing",
        f"{due} was due on {expected_on}; the statements go on without it.",
        -due,
    )
    batch.state = moved(batch.state, BatchState.DISCREPANT)
    batch.residual = abs(due.amount)
    batch.reasons = [reason_row(residual), *accepted_rows(batch)]
    batch.updated_at = wall_now()
    batch.save(update_fields=["residual", "state", "reasons", "updated_at"])
    wanted = about_batch(batch, Reason.DEPOSIT_MISSING, residual.message)
    wanted.business_on, wanted.amount = today(pair), due.amount
    open_exceptions([wanted])
    return 1

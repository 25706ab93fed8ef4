"""Match: find the money of settlement batches on the bank and owe the deposit journal."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from integrations.clock import wall_now
from integrations.models import Pair
from integrations.money import Money
from integrations.services import lanes
from mapping.problems import Problem, UnmappedError
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import (
    BankLineState,
    BatchState,
    Reason,
)
from reconciliation.matchers.exact import batch_named, batch_of_amount
from reconciliation.models import BankLine, ExceptionItem, Match, SettlementBatch
from reconciliation.services import deposits
from reconciliation.services.adding_up import added_up
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.pairs import for_each_pair, today
from reconciliation.tieout import (
    Residual,
    banking_days_after,
    name_difference,
    next_banking_day,
)

#: Deposit lines without a batch, and batches for which the bank pays nothing.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_bankline WHERE state = 'new')
    OR EXISTS (SELECT 1 FROM reconciliation_settlementbatch
                WHERE state = 'waiting' AND net_amount = 0)"""

AT_ONCE: Final = 50
#: A deposit that no batch explains is shown to a person after so many banking days.
STRAY_AFTER: Final = 2


def drain() -> int:
    """Match a portion for every pair; answers how many rows moved."""
    return for_each_pair("match", lambda pair: match_lines(pair) + match_nothing_due(pair))


def match_lines(pair: Pair) -> int:
    """New deposit lines: each to the batch it names, else to the only one of its amount."""
    lines = list(
        BankLine.objects.filter(connection=pair.bank, state=BankLineState.NEW)
        .select_related("connection", "fact")
        .order_by("booked_on", "id")[:AT_ONCE]
    )
    if not lines:
        return 0
    waiting = _payable(pair)
    moved = 0
    for line in lines:
        batch, rule = batch_named(line, waiting, pair.batch_prefix), "named by its reference"
        if batch is None:
            batch, rule = batch_of_amount(line, waiting), "the only batch of this amount"
        if batch is not None:
            matched = _match(pair, line, batch, rule)
            moved += matched
            if matched:
                waiting = [other for other in waiting if other.pk != batch.pk]
        elif _is_stray(pair, line):
            moved += deposits.book_stray(pair, line)
    return moved


def _is_stray(pair: Pair, line: BankLine) -> bool:
    """A line waits some days, and longer for a batch that it names and that is not added up yet."""
    if today(pair) <= banking_days_after(line.booked_on, STRAY_AFTER):
        return False
    unready = SettlementBatch.objects.filter(
        connection=pair.gateway, state__in=(BatchState.OPEN, BatchState.CLOSED)
    )
    return batch_named(line, list(unready[:500]), pair.batch_prefix) is None


def _payable(pair: Pair) -> list[SettlementBatch]:
    overdue = Q(state=BatchState.DISCREPANT, bank_amount__isnull=True)
    return list(
        SettlementBatch.objects.filter(
            Q(state=BatchState.WAITING) | overdue, connection=pair.gateway
        ).order_by("closed_on", "id")[:500]
    )


def _match(pair: Pair, line: BankLine, batch: SettlementBatch, rule: str) -> int:
    """Match a line and owe the deposit journal in one transaction, or say what is missing."""
    rules = rules_in_force(pair, line.booked_on)
    if rules is None:
        return 0
    try:
        with transaction.atomic():
            if not _is_as_seen(batch):
                return 0
            own = added_up(batch)
            paid = Money(line.amount, line.currency)
            residual = name_difference(own, paid)
            deposits.owe_deposit(pair, batch, line, own, rules, residual)
            _note_match(pair, line, batch, rule, paid, residual)
            lanes.wake("deliver")
    except UnmappedError as unmapped:
        return _unmapped(batch, line, unmapped.problem)
    return 1


def _is_as_seen(batch: SettlementBatch) -> bool:
    """Whether the batch, now locked, is as it was read; the gateway may report it anew any time."""
    same = SettlementBatch.objects.select_for_update().filter(
        pk=batch.pk, state=batch.state, last_fact=batch.last_fact_id
    )
    return same.first() is not None


def _note_match(
    pair: Pair,
    line: BankLine,
    batch: SettlementBatch,
    rule: str,
    paid: Money,
    residual: Residual | None,
) -> None:
    now = wall_now()
    Match.objects.create(
        batch=batch, line=line, amount=paid.amount, rule=rule, made_by="worker", made_at=now
    )
    line.state, line.rule = BankLineState.MATCHED, rule
    line.save(update_fields=["state", "rule"])
    batch.bank_amount = paid.amount
    batch.residual = abs(residual.amount.amount) if residual else 0 * paid.amount
    batch.state = BatchState.MATCHED
    batch.reasons = [reason_row(residual)] if residual else []
    batch.updated_at = now
    batch.save(update_fields=["bank_amount", "residual", "state", "reasons", "updated_at"])
    close_by_machine(
        ExceptionItem.objects.filter(batch=batch, reason=Reason.DEPOSIT_MISSING),
        f"The deposit came on {line.booked_on}.",
    )
    if residual:
        open_exceptions([_residual_wanted(batch, line, residual)])
    audit.record(
        "batch.matched",
        ("batch", str(batch.pk)),
        actor="worker",
        summary=f"Batch {batch.vendor_ref} is paid by the line of {line.booked_on}: {rule}.",
        details={"line": line.pk, "amount": paid.text},
        business_on=line.booked_on,
    )


def reason_row(residual: Residual) -> dict[str, str]:
    return {
        "reason": residual.reason,
        "message": residual.message,
        "amount": residual.amount.text,
    }


def _residual_wanted(batch: SettlementBatch, line: BankLine, residual: Residual) -> Wanted:
    return Wanted(
        reason=residual.reason,
        subject=f"batch:{batch.pk}",
        connection=batch.connection,
        message=residual.message,
        business_on=line.booked_on,
        amount=residual.amount.amount,
        currency=batch.currency,
        batch=batch,
        line=line,
        suggestions=[{"action": "dismiss", "label": "Accept the difference", "value": ""}],
    )


def _unmapped(batch: SettlementBatch, line: BankLine | None, problem: Problem) -> int:
    with transaction.atomic():
        return open_exceptions(
            [
                Wanted(
                    reason=problem.kind.value,
                    subject=f"batch:{batch.pk}",
                    connection=batch.connection,
                    message=problem.message,
                    business_on=line.booked_on if line else batch.closed_on,
                    amount=problem.amount.amount,
                    currency=batch.currency,
                    batch=batch,
                    line=line,
                    details=dict(problem.details),
                )
            ]
        )


def match_nothing_due(pair: Pair) -> int:
    """Batches whose refunds and fees eat up their sales: the bank pays and says nothing."""
    moved = 0
    for batch in SettlementBatch.objects.filter(
        connection=pair.gateway, state=BatchState.WAITING, net_amount=0
    )[:AT_ONCE]:
        value_on = next_banking_day(batch.closed_on)
        rules = rules_in_force(pair, value_on)
        if rules is None or today(pair) < value_on:
            continue
        try:
            with transaction.atomic():
                if not _is_as_seen(batch):
                    continue
                own = added_up(batch)
                deposits.owe_deposit(pair, batch, None, own, rules, None, value_on=value_on)
                batch.bank_amount = batch.net_amount
                batch.state, batch.reasons, batch.updated_at = BatchState.MATCHED, [], wall_now()
                batch.save(update_fields=["bank_amount", "state", "reasons", "updated_at"])
        except UnmappedError as unmapped:
            moved += _unmapped(batch, None, unmapped.problem)
        else:
            moved += 1
    return moved

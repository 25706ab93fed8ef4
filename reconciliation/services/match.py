"""Match: find the money of settlement batches on the bank and owe the deposit journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit import services as audit
from integrations.clock import wall_now
from integrations.locks import session_lock
from integrations.models import Connection, Pair
from integrations.money import Money
from integrations.services import lanes
from mapping.problems import Problem, UnmappedError
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import OPEN_STATES, BankLineState, BatchState, Reason
from reconciliation.lifecycle import moved
from reconciliation.models import BankLine, ExceptionItem, Match, SettlementBatch
from reconciliation.services import deposits, strays
from reconciliation.services.adding_up import added_up
from reconciliation.services.apart import is_set_aside, one_by_one
from reconciliation.services.batch_changes import as_seen
from reconciliation.services.desk_open import (
    Wanted,
    about_batch,
    close_by_machine,
    open_exceptions,
)
from reconciliation.services.lines import (
    Found,
    Side,
    books_strays,
    find,
    is_named,
    lines_to_match,
    payable,
    unready,
)
from reconciliation.services.pairs import for_each_pair, today
from reconciliation.services.residuals import (
    named_difference,
    reason_row,
    residual_wanted,
    standing_rows,
)
from reconciliation.services.rounds import portion
from reconciliation.tieout import (
    Residual,
    banking_days_after,
    next_banking_day,
)

#: Deposit lines without a batch, batches for which the bank pays nothing, and batches that a
#: deposit among the unidentified may pay.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_bankline WHERE state = 'new')
    OR (EXISTS (SELECT 1 FROM reconciliation_exceptionitem
                 WHERE reason = 'deposit_unmatched' AND state IN ('open', 'claimed'))
        AND EXISTS (SELECT 1 FROM reconciliation_settlementbatch
                     WHERE state = 'waiting' OR (state = 'discrepant' AND bank_amount IS NULL)))
    OR EXISTS (SELECT 1 FROM reconciliation_settlementbatch
                WHERE state = 'waiting' AND net_amount = 0)"""

AT_ONCE: Final = 50
BY_HAND: Final = "named by a person"
#: A deposit that no batch explains is shown to a person after so many banking days.
STRAY_AFTER: Final = 2


def drain() -> int:
    """Match a portion for every bank account; answers how many rows moved."""
    return _match_banks() + for_each_pair("match", match_nothing_due)


def _match_banks() -> int:
    moved = 0
    banks = Pair.objects.filter(is_active=True).values_list("bank", flat=True)
    for bank in Connection.objects.filter(pk__in=banks).order_by("pk"):
        with session_lock(f"match:bank:{bank.pk}") as is_ours:
            if is_ours:
                moved += match_lines(bank)
    return moved


def match_lines(bank: Connection) -> int:
    """Deposit lines of a bank account: each to the batch it names, else the only one of its amount.

    All pairs whose money reaches the account are looked at; what none of them can explain is
    booked as unidentified by one of them. A line that stands there is looked at again, until its
    batch comes or a person has dealt with it.
    """
    lines = portion(f"match:{bank.pk}", lines_to_match(bank), AT_ONCE)
    pairs = list(
        Pair.objects.filter(bank=bank, is_active=True)
        .select_related("gateway", "erp", "bank")
        .order_by("pk")
    )
    if not lines or not pairs:
        return 0
    sides, early = payable(pairs, lines), unready(pairs, lines)
    lines.sort(key=lambda line: (line.booked_on, line.pk))

    def look(line: BankLine) -> int:
        found = find(line, sides)
        if found is not None:
            return _take(sides, found.batch) if _match(found, line) else 0
        pair = books_strays(line, pairs)
        if line.state != BankLineState.NEW or is_named(line, early) or not _is_over(pair, line):
            return 0
        return strays.book_stray(pair, line)

    return one_by_one(lines, look, _set_aside)


def _take(sides: Sequence[Side], taken: SettlementBatch) -> int:
    """A batch is paid once: no other line of the portion finds it."""
    for side in sides:
        side.batches[:] = [batch for batch in side.batches if batch.pk != taken.pk]
    return 1


def _set_aside(line: BankLine, said: str) -> Wanted:
    return strays.about_line(line, Reason.SET_ASIDE, said)


def _is_over(pair: Pair, line: BankLine) -> bool:
    """Whether a line has waited for its batch as long as it may."""
    return today(pair) > banking_days_after(line.booked_on, STRAY_AFTER)


def _match(found: Found, line: BankLine) -> int:
    """Match a line and owe the deposit journal in one transaction, or say what is missing."""
    try:
        return int(_pay(found, line, "worker"))
    except UnmappedError as unmapped:
        _unmapped(found.batch, line, unmapped.problem)
        return 0


def by_hand(pair: Pair, batch: SettlementBatch, line: BankLine, actor: str) -> bool:
    """A person names the batch that a line pays; call inside a transaction, under the bank's lock.

    False where it is not possible just now. Raises UnmappedError.
    """
    return _pay(Found(pair, batch, BY_HAND), line, actor)


def _pay(found: Found, line: BankLine, actor: str) -> bool:
    pair = found.pair
    rules = rules_in_force(pair, line.booked_on)
    if rules is None or not strays.can_be_tied(line):
        return False
    with transaction.atomic():
        batch = as_seen(found.batch)
        if batch is None:
            return False
        own = added_up(batch)
        paid = Money(line.amount, line.currency)
        residual = named_difference(batch, own, paid)
        tied = strays.tie(pair, line, batch)
        deposits.owe_deposit(pair, batch, line, own, rules, residual, tied=tied)
        _note_match(batch, line, found.rule, paid, residual, actor)
        lanes.wake("deliver")
    return True


def _note_match(
    batch: SettlementBatch,
    line: BankLine,
    rule: str,
    paid: Money,
    residual: Residual | None,
    actor: str,
) -> None:
    now = wall_now()
    Match.objects.create(
        batch=batch, line=line, amount=paid.amount, rule=rule, made_by=actor, made_at=now
    )
    line.state, line.rule = BankLineState.MATCHED, rule
    line.save(update_fields=["state", "rule"])
    batch.bank_amount = paid.amount
    batch.residual = abs(residual.amount.amount) if residual else 0 * paid.amount
    batch.state = moved(batch.state, BatchState.MATCHED)
    batch.reasons = [reason_row(residual)] if residual else []
    batch.reasons += standing_rows(batch, added_up(batch))
    batch.updated_at = now
    batch.save(update_fields=["bank_amount", "residual", "state", "reasons", "updated_at"])
    close_by_machine(
        ExceptionItem.objects.filter(batch=batch, reason=Reason.DEPOSIT_MISSING),
        f"The deposit came on {line.booked_on}.",
    )
    if residual:
        open_exceptions([residual_wanted(batch, line, residual)])
    audit.record(
        "batch.matched",
        ("batch", str(batch.pk)),
        actor=actor,
        summary=f"Batch {batch.vendor_ref} is paid by the line of {line.booked_on}: {rule}.",
        details={"line": line.pk, "amount": paid.text},
        business_on=line.booked_on,
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
    lacking = ExceptionItem.objects.filter(
        batch=OuterRef("pk"), reason=Reason.ACCOUNT_UNMAPPED, state__in=OPEN_STATES
    )
    rows = (
        SettlementBatch.objects.filter(
            connection=pair.gateway, state=BatchState.WAITING, net_amount=0
        )
        .exclude(is_set_aside("batch"))
        # Batches that lack a rule are looked at again, but never stand before the others.
        .annotate(lacks_a_rule=Exists(lacking))
        .select_related("connection")
        .order_by("lacks_a_rule", "closed_on", "id")[:AT_ONCE]
    )
    return one_by_one(
        rows,
        lambda batch: _match_nothing(pair, batch),
        lambda batch, said: about_batch(batch, Reason.SET_ASIDE, said),
    )


def _match_nothing(pair: Pair, seen: SettlementBatch) -> int:
    value_on = next_banking_day(seen.closed_on)
    rules = rules_in_force(pair, value_on)
    if rules is None or today(pair) < value_on:
        return 0
    try:
        with transaction.atomic():
            batch = as_seen(seen)
            if batch is None:
                return 0
            own = added_up(batch)
            deposits.owe_deposit(pair, batch, None, own, rules, None, value_on=value_on)
            batch.bank_amount = batch.net_amount
            batch.state = moved(batch.state, BatchState.MATCHED)
            batch.reasons, batch.updated_at = standing_rows(batch, own), wall_now()
            batch.save(update_fields=["bank_amount", "state", "reasons", "updated_at"])
    except UnmappedError as unmapped:
        return _unmapped(seen, None, unmapped.problem)
    return 1

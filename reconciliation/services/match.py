"""Match: add settlement batches up, find their money on the bank, owe the deposit journal.

Each step asks one question of the rows and moves those that answer it; a batch goes
closed → waiting (for the bank) → matched → certified.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet

from audit import services as audit
from integrations.canonical import DocumentKind
from integrations.choices import PostingState
from integrations.clock import business_day, business_now, wall_now
from integrations.contracts import Capability
from integrations.locks import session_lock
from integrations.models import Pair, Posting, Pull
from integrations.money import Money
from integrations.services import lanes
from mapping.problems import Problem, UnmappedError
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import (
    OPEN_STATES,
    BankLineState,
    BatchState,
    DecisionState,
    EffectKind,
    Reason,
    TransactionKind,
    TransactionStatus,
)
from reconciliation.matchers.exact import batch_named, batch_of_amount
from reconciliation.models import BankLine, Effect, ExceptionItem, Match, SettlementBatch
from reconciliation.services import certify, deposits
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.effects import order_posting
from reconciliation.tieout import (
    Residual,
    Totals,
    banking_days_after,
    name_difference,
    next_banking_day,
    totals,
)

#: Batches to add up, lines to match, batches to certify, and deposits that may be late.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch b
             WHERE b.state = 'closed' AND b.reported_count IS NOT NULL
                OR b.state = 'waiting'
                   AND (b.net_amount = 0 OR b.closed_on < %(business)s::date - 3)
                OR b.state = 'matched' AND NOT EXISTS (
                    SELECT 1 FROM reconciliation_effect e
                      JOIN integrations_posting p ON p.id = e.posting_id
                     WHERE e.batch_id = b.id
                       AND p.state NOT IN ('posted', 'duplicate', 'cancelled')))
    OR EXISTS (SELECT 1 FROM reconciliation_bankline WHERE state = 'new')"""

AT_ONCE: Final = 50
#: A batch that still does not add up after this long is shown to a person.
INCOMPLETE_AFTER: Final = timedelta(days=2)
#: A deposit that no batch explains is shown to a person after so many banking days.
STRAY_AFTER: Final = 2

NOT_PAID: Final = (TransactionStatus.DECLINED, TransactionStatus.VOIDED)


def drain() -> int:
    """Move every pair's batches one portion on; answers how many rows moved."""
    moved = 0
    for pair in Pair.objects.filter(is_active=True).select_related("gateway", "erp", "bank"):
        with session_lock(f"match:{pair.pk}") as is_ours:
            if is_ours:
                moved += close_batches(pair) + match_lines(pair) + match_nothing_due(pair)
                moved += certify.certify_matched(pair) + report_overdue(pair)
                moved += post_late_groups(pair)
    return moved


def today(pair: Pair) -> date:
    return business_day(business_now(), pair.time_zone)


# --- batches that are complete ----------------------------------------------------------------


def close_batches(pair: Pair) -> int:
    """Closed batches whose members are all here and decided: add them up, order their posting."""
    member = Q(transactions__status__in=NOT_PAID)
    undecided = Q(
        transactions__decision__in=(
            DecisionState.DUE,
            DecisionState.WAITING,
            DecisionState.HELD,
        )
    )
    rows = (
        SettlementBatch.objects.filter(
            connection=pair.gateway, state=BatchState.CLOSED, reported_count__isnull=False
        )
        .annotate(
            here=Count("transactions", filter=~member),
            undecided=Count("transactions", filter=undecided & ~member),
        )
        .order_by("closed_on", "id")
    )
    # Asked apart, so that batches that wait for something never stand before those that do not.
    complete = rows.filter(here=F("reported_count"), undecided=0)[:AT_ONCE]
    overdue = rows.exclude(here=F("reported_count")).filter(
        ~Exists(_shown_as_incomplete()), closed_at__lte=business_now() - INCOMPLETE_AFTER
    )[:AT_ONCE]
    moved = sum(_close(pair, batch) for batch in complete)
    return moved + sum(_incomplete(batch, batch.here) for batch in overdue)


def _shown_as_incomplete() -> QuerySet[ExceptionItem]:
    return ExceptionItem.objects.filter(
        batch=OuterRef("pk"), reason=Reason.BATCH_INCOMPLETE, state__in=OPEN_STATES
    )


def _close(pair: Pair, batch: SettlementBatch) -> int:
    rules = rules_in_force(pair, batch.closed_on)
    if rules is None:
        return 0
    with transaction.atomic():
        own = add_up(batch, rules)
        if (own.sales.amount, own.refunds.amount) != (
            batch.reported_sales,
            batch.reported_refunds,
        ):
            return _amounts_differ(batch, own)
        batch.sales_amount = own.sales.amount
        batch.refunds_amount = own.refunds.amount
        batch.fee_amount = own.fees.amount
        batch.net_amount = own.net.amount
        batch.state = BatchState.WAITING
        batch.reasons = [
            {"reason": "bank", "message": f"Waits for the bank: {own.net} is expected."}
        ]
        batch.updated_at = wall_now()
        batch.save()
        close_by_machine(
            ExceptionItem.objects.filter(batch=batch, reason=Reason.BATCH_INCOMPLETE),
            "The batch adds up now.",
        )
        for group in _groups(batch):
            order_posting(pair, group)
        audit.record(
            "batch.added_up",
            ("batch", str(batch.pk)),
            actor="worker",
            summary=f"Batch {batch.vendor_ref}: {own.net} is due from the bank.",
            details={
                "sales": own.sales.text,
                "refunds": own.refunds.text,
                "fees": own.fees.text,
                "net": own.net.text,
            },
            business_on=batch.closed_on,
        )
    return 1


def post_late_groups(pair: Pair) -> int:
    """Documents that came after their batch was added up: their ERP batch is posted as well.

    The batch is certified anew; its ledger no longer agrees with what was added up, and says so.
    """
    sealed = Posting.objects.filter(group=OuterRef("posting"), kind=DocumentKind.BATCH_POST)
    late = Effect.objects.filter(
        kind=EffectKind.ERP_BATCH,
        pair=pair,
        posting__state=PostingState.ENTERED,
        batch__state__in=(BatchState.TIED_OUT, BatchState.DISCREPANT),
    ).exclude(Exists(sealed))
    moved = 0
    for effect in late.select_related("posting", "batch")[:AT_ONCE]:
        with transaction.atomic():
            if effect.batch is not None and order_posting(pair, effect.posting):
                moved += SettlementBatch.objects.filter(
                    pk=effect.batch.pk, bank_amount__isnull=False
                ).update(state=BatchState.MATCHED, updated_at=wall_now())
    return moved


def _groups(batch: SettlementBatch) -> Iterable[Posting]:
    effects = batch.effects.filter(kind=EffectKind.ERP_BATCH).select_related("posting")
    return [effect.posting for effect in effects]


def add_up(batch: SettlementBatch, rules: RuleBook) -> Totals:
    """What a batch comes to by our own books and the contract's rates."""
    rows = batch.transactions.exclude(status__in=NOT_PAID).values_list(
        "kind", "amount", "currency", "method"
    )
    sales, refunds = [], []
    for kind, number, currency, method in rows:
        amount = Money(number, currency)
        if kind == TransactionKind.REFUND:
            refunds.append(amount)
        else:
            sales.append((amount, rules.fee(amount, method)[0]))
    return totals(sales, refunds, batch.currency)


def added_up(batch: SettlementBatch) -> Totals:
    """What a batch came to when it was added up."""
    return Totals(
        sales=Money(batch.sales_amount, batch.currency),
        refunds=Money(batch.refunds_amount, batch.currency),
        fees=Money(batch.fee_amount, batch.currency),
    )


def _incomplete(batch: SettlementBatch, here: int) -> int:
    message = f"The gateway reports {batch.reported_count} transaction(s), {here} are here."
    return _not_adding_up(batch, message)


def _amounts_differ(batch: SettlementBatch, own: Totals) -> int:
    message = (
        f"The gateway reports sales {batch.reported_sales} and refunds {batch.reported_refunds}; "
        f"its transactions come to {own.sales.text} and {own.refunds.text}."
    )
    return _not_adding_up(batch, message)


def _not_adding_up(batch: SettlementBatch, message: str) -> int:
    with transaction.atomic():
        return open_exceptions(
            [
                Wanted(
                    reason=Reason.BATCH_INCOMPLETE,
                    subject=f"batch:{batch.pk}",
                    connection=batch.connection,
                    message=message,
                    business_on=batch.closed_on,
                    amount=batch.reported_sales or 0 * batch.sales_amount,
                    currency=batch.currency,
                    batch=batch,
                )
            ]
        )


# --- bank lines -------------------------------------------------------------------------------


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
            own = added_up(batch)
            paid = Money(line.amount, line.currency)
            residual = name_difference(own, paid)
            deposits.owe_deposit(pair, batch, line, own, rules, residual)
            _note_match(pair, line, batch, rule, paid, residual)
            lanes.wake("deliver")
    except UnmappedError as unmapped:
        return _unmapped(batch, line, unmapped.problem)
    return 1


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
    batch.save()
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
                own = added_up(batch)
                deposits.owe_deposit(pair, batch, None, own, rules, None, value_on=value_on)
                batch.bank_amount = batch.net_amount
                batch.state, batch.reasons, batch.updated_at = BatchState.MATCHED, [], wall_now()
                batch.save()
        except UnmappedError as unmapped:
            moved += _unmapped(batch, None, unmapped.problem)
        else:
            moved += 1
    return moved


# --- money that does not come -----------------------------------------------------------------


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
        batch.save()
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

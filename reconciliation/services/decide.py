"""Decide: gather what the rules need, let the pure code decide in order, make what is owed.

One worker decides for a company at a time: reservations are made under that lock, so that two
receipts never take the same open amount.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q

from audit import services as audit
from integrations.bulk import update_rows
from integrations.choices import PostOn
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.locks import session_lock, transaction_lock
from integrations.models import Fact, Pair
from integrations.money import Money
from integrations.services import circuit, lanes
from mapping.choices import Action
from mapping.decide import Decision, Desk, decide
from mapping.problems import Problem, ProblemKind
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import NOT_PAID, DecisionState, Reason, TransactionStatus
from reconciliation.lifecycle import is_early
from reconciliation.models import ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import (
    checks,
    crowded_out,
    effects,
    freed,
    rates_by_rule,
    refund_links,
    reversals,
    risks,
    standing_receipts,
)
from reconciliation.services.case import Case
from reconciliation.services.desk_open import (
    Wanted,
    about_transaction,
    close_by_machine,
    open_exceptions,
)
from reconciliation.services.known import case_of, company_lock, desk_of, payment_of
from reconciliation.services.one_clearing import OneClearing
from reconciliation.services.orders import order_posting
from reconciliation.services.owed import Owing

WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_transaction WHERE decision = 'due')
    OR EXISTS (SELECT 1 FROM reconciliation_transaction t
                WHERE t.decision = 'correcting' AND NOT EXISTS (
                    SELECT 1 FROM reconciliation_effect e
                      JOIN integrations_posting p ON p.id = e.posting_id
                     WHERE e.transaction_id = t.id
                       AND e.kind IN ('receipt', 'transfer', 'reversal')
                       AND p.state IN ('ready', 'waiting', 'sending', 'unknown', 'held')))"""

logger = logging.getLogger(__name__)

AT_ONCE: Final = 1000
UNDECIDED: Final = (DecisionState.DUE, DecisionState.HELD, DecisionState.CORRECTING)
#: What a decision notes on its payment.
DECIDED: Final = (
    *("decision", "decided_rule", "placement", "customer_id", "asked_amount"),
    "updated_at",
)
#: Why a payment could not be decided; gone once it is.
HELD_REASONS: Final = (
    Reason.RULES_MISSING,
    Reason.ACTION_UNMAPPED,
    Reason.ACCOUNT_UNMAPPED,
    Reason.METHOD_UNMAPPED,
    Reason.FIELD_UNFIT,
    Reason.VALIDATION_HELD,
    Reason.RISK_HELD,
    Reason.RISK_BLOCKED,
    Reason.CURRENCY_FOREIGN,
)


def drain() -> int:
    """Decide a portion for every pair that has something due; answers how many were decided."""
    ours = Transaction.objects.filter(connection=OuterRef("gateway"))
    # Apart: each has an index of its own, and one for both would be every payment.
    due = Q(Exists(ours.filter(decision=DecisionState.DUE)))
    correcting = Q(Exists(ours.filter(decision=DecisionState.CORRECTING)))
    decided = 0
    for pair in Pair.objects.filter(due | correcting, is_active=True).select_related(
        "gateway", "erp", "bank"
    ):
        if pair.erp.paused_until is not None and pair.erp.paused_until > wall_now():
            continue
        with session_lock(f"decider:{pair.pk}") as is_ours:
            if not is_ours:
                continue
            with circuit.asking(pair.erp) as may_ask:
                decided += decide_due(pair) if may_ask else 0
    return decided


def decide_due(pair: Pair) -> int:
    """Decide the oldest due transactions of a pair, in the order the money moved."""
    decided = 0
    for business_on, group in groupby(_oldest_due(pair), key=_business_on):
        try:
            decided += _decide_apart(pair, business_on, list(group))
        except EdgeError as error:
            circuit.failed(pair.erp, error, must_pause=True)
            return decided
    return decided


def _oldest_due(pair: Pair) -> list[Transaction]:
    """With what they refer to, each of which is read once: a join would repeat it in every row."""
    ours = Transaction.objects.filter(connection=pair.gateway)
    in_order = ("settled_at", "captured_at", "id")
    rows = list(ours.filter(decision=DecisionState.DUE).order_by(*in_order)[:AT_ONCE])
    rows += reversals.at_rest(ours).order_by(*in_order)[:AT_ONCE]
    batches = SettlementBatch.objects.in_bulk({row.batch_id for row in rows if row.batch_id})
    facts = Fact.objects.only("pk", "meaning_hash").in_bulk([row.last_fact_id for row in rows])
    for row in rows:
        row.connection = pair.gateway
        row.batch = batches[row.batch_id] if row.batch_id else None
        row.last_fact = facts[row.last_fact_id]
    return rows


def _decide_apart(pair: Pair, business_on: date, rows: Sequence[Transaction]) -> int:
    """Decide a day's rows together; if one of them fails, each by itself, that one set aside."""
    try:
        return _decide_day(pair, business_on, rows)
    except (EdgeError, DatabaseError):
        raise
    except Exception:
        logger.exception("Deciding %s transaction(s) together failed.", len(rows))
    decided = 0
    for row in rows:
        try:
            decided += _decide_day(pair, business_on, [row])
        except (EdgeError, DatabaseError):
            raise
        except Exception as error:
            logger.exception("Deciding %s failed.", row)
            decided += _set_aside(row, business_on, error)
    return decided


def _set_aside(row: Transaction, business_on: date, error: Exception) -> int:
    """A person sees what could not be decided; nothing behind it waits for that."""
    with transaction.atomic():
        open_exceptions(
            [
                Wanted(
                    reason=Reason.NOT_DECIDED,
                    subject=f"transaction:{row.pk}",
                    connection=row.connection,
                    message=str(error) or f"It could not be decided: {type(error).__name__}.",
                    business_on=business_on,
                    amount=row.amount,
                    currency=row.currency,
                    transaction=row,
                    fact=row.last_fact,
                )
            ]
        )
        return Transaction.objects.filter(
            pk=row.pk, decision__in=(DecisionState.DUE, DecisionState.CORRECTING)
        ).update(decision=DecisionState.HELD, updated_at=wall_now())


def _still_due(rows: Sequence[Transaction]) -> list[Transaction]:
    """Those that no fact has changed since they were read; the others come again."""
    due = dict(
        Transaction.objects.select_for_update()
        .filter(
            pk__in=[row.pk for row in rows],
            decision__in=(DecisionState.DUE, DecisionState.CORRECTING),
        )
        .values_list("pk", "last_fact")
    )
    return [row for row in rows if due.get(row.pk) == row.last_fact_id]


def _business_on(row: Transaction) -> date:
    """The day whose rules hold and under which the document is dated."""
    return row.settled_on or row.captured_on


def _decide_day(pair: Pair, business_on: date, rows: Sequence[Transaction]) -> int:
    received = reversals.histories(rows)
    if received:
        rows, decided = _correct(pair, rows, received)
        return decided + (_decide_rows(pair, business_on, rows, received) if rows else 0)
    return _decide_rows(pair, business_on, rows, received)


def _correct(
    pair: Pair, rows: Sequence[Transaction], received: dict[int, reversals.History]
) -> tuple[list[Transaction], int]:
    """Payments that have receipts already: what is left to decide, and how many were done with."""
    known = [row for row in rows if row.pk in received]
    fresh = [row for row in rows if row.pk not in received]
    with transaction.atomic():
        transaction_lock(company_lock(pair))
        known = _still_due(known)
        # Read again under the lock: a posting may have moved meanwhile.
        received.update(reversals.histories(known))
        again = reversals.correct(pair, known, received) if known else []
        rested = [row for row in known if row.decision != DecisionState.CORRECTING]
        _release_refunds([row for row in rested if row not in again])
        crowded_out.offer(pair, [row for row in rested if reversals.owed(row) is None])
        lanes.wake("deliver")
    return [*fresh, *again], len(known) - len(again)


def _decide_rows(
    pair: Pair,
    business_on: date,
    rows: Sequence[Transaction],
    received: dict[int, reversals.History],
) -> int:
    rules = rules_in_force(pair, business_on)
    if rules is None:
        return _hold_without_rules(pair, business_on, rows)
    refund_links.link(pair, rows)
    with transaction.atomic():
        transaction_lock(company_lock(pair))
        cases = [case_of(row, business_on) for row in _still_due(rows)]
        if not cases:
            return 0
        rates = checks.rates_for(pair, rules, cases)
        cases = checks.with_accepted(rules, rates_by_rule.book(pair, rules, cases, rates))
        made = effects.made_of([case.row for case in cases])
        wanted = standing_receipts.keys_of(pair, cases, made)
        desk = desk_of(pair, cases, wanted, returning=pair.post_on == PostOn.CAPTURED)
        desk.closed_days = checks.closed_days(pair, rules, business_on)
        desk.rates = rates
        desk.histories = risks.histories_for(pair, rules, cases, desk)
        decisions = _decide_in_order(pair, cases, rules, desk)
        _carry_out(pair, Owing(pair, rules, made, _freed(pair, decisions)), decisions)
        lanes.wake("deliver")
    return len(cases)


def _decide_in_order(
    pair: Pair, cases: Sequence[Case], rules: RuleBook, desk: Desk
) -> list[tuple[Case, Decision]]:
    """Each after those before it; a refund is held for as long as its sale is not decided."""
    here = {case.row.pk for case in cases}
    undecided = {
        case.row.parent.pk
        for case in cases
        if case.row.parent and case.row.parent.decision in UNDECIDED
    } - here
    # Receipts that are posted at capture move to their batch's account by a journal.
    at_batch = [case.row.batch for case in cases] if pair.post_on == PostOn.SETTLED else []
    clearing = OneClearing(rules, at_batch)
    decisions = []
    for case in cases:
        if case.row.parent and case.row.parent.pk in undecided:
            decision = _wait_for_sale(case, case.row.parent)
        elif at_batch and (other := clearing.problem(payment_of(pair, case), case.row.batch)):
            decision = Decision(action="held", rules=(), problems=(other,), is_held=True)
        else:
            decision = _decide(pair, case, rules, desk)
        if decision.is_held:
            undecided.add(case.row.pk)
        decisions.append((case, decision))
    return decisions


def _wait_for_sale(case: Case, sale: Transaction) -> Decision:
    message = f"The refund waits for its sale {sale.vendor_id}, which is not decided yet."
    amount = Money(case.row.amount, case.row.currency)
    problem = Problem(ProblemKind.ACTION_UNMAPPED, message, amount)
    return Decision(action="held", rules=(), problems=(problem,), is_held=True)


def _decide(pair: Pair, case: Case, rules: RuleBook, desk: Desk) -> Decision:
    payment = payment_of(pair, case)
    if case.row.status == TransactionStatus.RETURNED and case.row.batch is None:
        return Decision(action=Action.NONE, rules=("returned before it settled",))
    at_capture = pair.post_on == PostOn.CAPTURED and is_early(case.row.status)
    if case.row.batch is None and case.row.status not in NOT_PAID and not at_capture:
        # Documents go into the ERP batch of a settlement batch: without one there is no place.
        message = f"The {payment.kind} is {payment.status} and names no settlement batch yet."
        problem = Problem(ProblemKind.ACTION_UNMAPPED, message, payment.amount)
        return Decision(action="held", rules=(), problems=(problem,), is_held=True)
    return decide(payment, rules, desk)


# --- what is owed -----------------------------------------------------------------------------


def _freed(pair: Pair, decisions: Sequence[tuple[Case, Decision]]) -> Sequence[freed.Returning]:
    """What reversals that are not posted yet give back to the invoices that are applied to."""
    if pair.post_on != PostOn.CAPTURED:
        return ()
    receipts = [decision.receipt for _, decision in decisions if decision.receipt]
    return freed.returning(pair, {a.item_key for one in receipts for a in one.applications})


def _carry_out(pair: Pair, owing: Owing, decisions: Sequence[tuple[Case, Decision]]) -> None:
    rules = owing.rules
    owed: list[effects.NewEffect] = []
    wanted: list[Wanted] = []
    for case, decision in decisions:
        owed += owing.effects_of(case, decision)
        wanted += [about_transaction(case.row, p, case.business_on) for p in decision.problems]
        _note(case.row, decision)
    effects.make(pair, owed)
    for group in owing.post_first:
        order_posting(pair, group)
    standing_receipts.note(pair, decisions)
    done = [case.row for case, decision in decisions if not decision.is_held]
    _close_held(done)
    _release_refunds(done)
    checks.close_where_other([(case.row, _kinds(d)) for case, d in decisions if d.is_held])
    checks.tell(wanted)
    open_exceptions(wanted)
    update_rows([case.row for case, _ in decisions], DECIDED)
    audit.record(
        "transactions.decided",
        ("pair", str(pair.pk)),
        actor="worker",
        summary=f"{len(decisions)} transaction(s) decided under rule set {rules.number}.",
        details={
            "version": rules.number,
            "decided": {c.row.vendor_id: d.action for c, d in decisions},
        },
        business_on=decisions[0][0].business_on,
    )


def _kinds(decision: Decision) -> frozenset[str]:
    return frozenset(problem.kind.value for problem in decision.problems)


def _close_held(rows: Sequence[Transaction]) -> None:
    held = ExceptionItem.objects.filter(transaction__in=rows, reason__in=HELD_REASONS)
    close_by_machine(held, "It could be decided.")


def _release_refunds(sales: Sequence[Transaction]) -> None:
    """Refunds that were held for these sales are decided again."""
    held = Transaction.objects.filter(parent__in=sales, decision=DecisionState.HELD)
    if held.exclude(pk__in=[row.pk for row in sales]).exists():
        decide_again(held)


def _note(row: Transaction, decision: Decision) -> None:
    if decision.is_held:
        row.decision = DecisionState.HELD
    elif decision.action == Action.NONE:
        row.decision = DecisionState.NOTHING
    else:
        row.decision = DecisionState.POSTED_AS
    row.decided_rule = decision.rules[0][:120] if decision.rules else ""
    row.placement = decision.placement
    row.customer_id = decision.customer_id
    row.asked_amount = decision.asked.amount if decision.asked else None
    row.updated_at = wall_now()


def _hold_without_rules(pair: Pair, business_on: date, rows: Sequence[Transaction]) -> int:
    with transaction.atomic():
        open_exceptions(
            [
                Wanted(
                    reason=Reason.RULES_MISSING,
                    subject=f"transaction:{row.pk}",
                    connection=row.connection,
                    message=f"No rule set of {pair.name} is in force on {business_on}.",
                    business_on=business_on,
                    amount=row.amount,
                    currency=row.currency,
                    transaction=row,
                )
                for row in rows
            ]
        )
        Transaction.objects.filter(pk__in=[row.pk for row in rows]).update(
            decision=DecisionState.HELD
        )
    return len(rows)


def decide_again(rows: Iterable[Transaction]) -> int:
    """Put held transactions up for decision once more; what was decided stays decided."""
    count = Transaction.objects.filter(
        pk__in=[row.pk for row in rows], decision=DecisionState.HELD
    ).update(decision=DecisionState.DUE, updated_at=wall_now())
    lanes.wake("deliver")
    return count

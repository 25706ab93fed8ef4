"""Payments in another currency that a rule books by itself, at its table's rate.

What comes of it is what comes of a person's doing: the exception that would have asked one is
there, resolved by the rule, so that it can be undone like any other. What a person took back once
is a person's from then on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from audit import services as audit
from integrations.bulk import insert_rows, update_rows
from integrations.choices import PostOn
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.decide.decision import Desk
from mapping.decide.foreign import (
    TAKEN_BACK,
    Worth,
    by_itself,
    leads_to_documents,
    problem_of,
    rule_of,
)
from mapping.rulebook import RuleBook
from mapping.rules import currencies
from mapping.rules.currencies import CurrencyError, Rate
from reconciliation.choices import (
    ADDED_UP,
    NOT_PAID,
    OPEN_STATES,
    DecisionState,
    ExceptionState,
    Reason,
    RunItemState,
    RunOrigin,
    RunState,
)
from reconciliation.lifecycle import is_early
from reconciliation.models import BulkItem, BulkRun, ExceptionItem, Transaction
from reconciliation.services import booked_rates
from reconciliation.services.case import Case
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.known import payment_of

ACTION: Final = "book_at_rate"
#: What keeps a payment from its rule: a person took its rate back, or asked to book it themselves.
_A_PERSONS: Final = {
    RunItemState.UNDONE: TAKEN_BACK,
    RunItemState.WAITING: "rate asked for",
}
_KEPT: Final = frozenset(_A_PERSONS.values())


def book(pair: Pair, rules: RuleBook, cases: Sequence[Case], rates: Sequence[Rate]) -> list[Case]:
    """Book those that the rules book by themselves; in the transaction that decides them.

    Answers all cases, those that a person's word keeps from it marked.
    """
    _take_back_above_limit(rules, cases)
    found = marked(pair, cases)
    worths = [(case, _worth(pair, rules, case, rates)) for case in found]
    by_rule: dict[str, list[tuple[Case, Worth]]] = defaultdict(list)
    for case, worth in worths:
        if worth is not None:
            by_rule[rule_of(worth.row, rules)].append((case, worth))
    for rule, booked in by_rule.items():
        _carry_out(pair, rules, rates, rule, booked)
    return found


def _take_back_above_limit(rules: RuleBook, cases: Sequence[Case]) -> None:
    """What the gateway has raised above its rule's limit since is in its own currency again."""
    above = [case.row for case in cases if _is_above(rules, case.row)]
    for row in above:
        row.amount, row.currency = row.original_amount or row.amount, row.original_currency
        booked_rates.take_off(row)
    if above:
        update_rows(above, [*booked_rates.FIELDS])
        audit.record_many(booked_rates.taken_back(row) for row in above)


def _is_above(rules: RuleBook, row: Transaction) -> bool:
    if not booked_rates.is_by_rule(row):
        return False
    rule = currencies.choose(rules.currencies, row.original_currency)
    limit = rule.alone_up_to if rule and rule.base == row.currency else None
    return limit is not None and row.amount > limit


def would_book(pair: Pair, rules: RuleBook, case: Case, rates: Sequence[Rate]) -> bool:
    """Whether a marked case would be booked if it were decided now."""
    return _worth(pair, rules, case, rates) is not None


def marked(pair: Pair, cases: Sequence[Case]) -> list[Case]:
    """Each with whether a person took back the rate of a rule; no query where none is foreign."""
    foreign = [case.row.pk for case in cases if case.row.currency != pair.currency]
    if not foreign:
        return list(cases)
    said: dict[int, set[str]] = defaultdict(set)
    done = BulkItem.objects.filter(
        item__transaction__in=foreign, action=ACTION, state__in=_A_PERSONS
    )
    for pk, state in done.values_list("item__transaction_id", "state"):
        said[pk or 0].add(_A_PERSONS[RunItemState(state)])
    return [
        replace(case, accepted=case.accepted | said[case.row.pk]) if case.row.pk in said else case
        for case in cases
    ]


def _worth(pair: Pair, rules: RuleBook, case: Case, rates: Sequence[Rate]) -> Worth | None:
    row = case.row
    if row.currency == pair.currency or case.accepted & _KEPT or not _has_place(pair, case):
        return None
    payment = payment_of(pair, case)
    if not leads_to_documents(payment, rules):
        return None
    try:
        return by_itself(payment.amount, rules.currencies, rates, pair.currency, case.business_on)
    except CurrencyError:
        return None


def _has_place(pair: Pair, case: Case) -> bool:
    """Whether its documents have a batch in the pair's currency, or need none yet."""
    row = case.row
    if row.batch is None:
        at_capture = pair.post_on == PostOn.CAPTURED and is_early(row.status)
        return at_capture and row.status not in NOT_PAID
    return not booked_rates.is_foreign(row.batch, pair) and row.batch.state not in ADDED_UP


def _carry_out(
    pair: Pair,
    rules: RuleBook,
    rates: Sequence[Rate],
    rule: str,
    booked: Sequence[tuple[Case, Worth]],
) -> None:
    """The exceptions that would ask a person, the payments at their rates, the rule's answer."""
    # Here, because the desk has what it does decided, and this is part of deciding.
    from reconciliation.services.desk import snapshots
    from reconciliation.services.desk.steps import Move, move_many

    desk = Desk(pair.company, {}, {}, {}, currency=pair.currency, rates=rates)
    open_exceptions(
        about_transaction(
            case.row, problem_of(payment_of(pair, case), rules, desk), case.business_on
        )
        for case, _ in booked
    )
    worths = {case.row.pk: (case.row, worth) for case, worth in booked}
    items = list(
        ExceptionItem.objects.select_for_update(of=("self",))
        .filter(transaction__in=list(worths), reason=Reason.CURRENCY_FOREIGN, state__in=OPEN_STATES)
        .order_by("pk")
    )
    before = snapshots.take(items, ACTION)
    for row, worth in worths.values():
        booked_rates.put(row, worth, booked_rates.source_of(worth), rule)
    update_rows([row for row, _ in worths.values()], [*booked_rates.FIELDS])
    audit.record_many(
        booked_rates.entry(row, worth, row.rate_source, rule) for row, worth in worths.values()
    )
    said = {item.pk: _told(worths[item.transaction_id or 0][1]) for item in items}
    move_many([Move(i, ExceptionState.RESOLVED, ACTION, rule, said[i.pk]) for i in items])
    _note_run(rule, items, before, said)


def _told(worth: Worth) -> str:
    return booked_rates.told(worth, booked_rates.source_of(worth))


def _note_run(
    rule: str,
    items: Sequence[ExceptionItem],
    before: dict[int, dict[str, Any]],
    said: dict[int, str],
) -> None:
    """As a person's doing is noted: each can be undone by itself, and is held then."""
    now = wall_now()
    run = BulkRun.objects.create(
        action=ACTION,
        origin=RunOrigin.ONE,
        chosen_by=f"What {rule.removeprefix('rule:')} books by itself",
        actor=rule,
        made_at=now,
        worked_at=now,
        state=RunState.DONE,
        total=len(items),
        done=len(items),
        ended_at=now,
        ended_by=rule,
    )
    for each in before.values():
        each["payment"]["decision"] = DecisionState.HELD.value
    insert_rows(
        [
            BulkItem(
                run=run,
                item=item,
                action=ACTION,
                state=RunItemState.DONE,
                said=said[item.pk],
                before=before[item.pk],
                ended_at=now,
            )
            for item in items
        ]
    )

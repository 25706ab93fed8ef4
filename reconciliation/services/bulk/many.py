"""Actions for many exceptions with few statements; each does what the single one does to each.

An action that is not here, or a row that breaks, is done one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from integrations.choices import PostingState
from integrations.models import Pair
from integrations.services import lanes
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import OPEN_STATES, ExceptionState
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services import replay
from reconciliation.services.decide import decide_again
from reconciliation.services.desk import bank, rules
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import (
    AGAIN_REASONS,
    PLACEMENT_REASONS,
    POSTING_REASONS,
    RULE_REASONS,
)
from reconciliation.services.desk.steps import Move, move_many, pair_of

Values = Mapping[str, str]


@dataclass(slots=True)
class Ends:
    """What was done to which item, and what could not be done, in words. `left`: one by one."""

    done: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    left: list[ExceptionItem] = field(default_factory=list)


#: Takes locked items that the action fits, in a transaction.
Many = Callable[[Sequence[ExceptionItem], Values, str], Ends]


def claim(items: Sequence[ExceptionItem], values: Values, actor: str) -> Ends:
    return _moved(items, ExceptionState.CLAIMED, "claim", actor, "Claimed.")


def dismiss(items: Sequence[ExceptionItem], values: Values, actor: str) -> Ends:
    note = values.get("note", "").strip()
    if not note:
        raise DeskError("Say why; the reason stays with the exception.")
    # What is said of an order is said of all that holds it.
    orders = [item for item in items if item.order_id is not None]
    others = [item for item in items if item.order_id is None]
    ends = _moved(others, ExceptionState.DISMISSED, "dismiss", actor, note)
    ends.left += orders
    return ends


def wait(items: Sequence[ExceptionItem], values: Values, actor: str) -> Ends:
    day, said = bank.day_to_wait_for(values["until"]), bank.waited_for(values)
    for item in items:
        item.due_on = day
    move_many([Move(item, item.state, "wait", actor, said) for item in items])
    return Ends(done={item.pk: said for item in items})


def leave_on_account(items: Sequence[ExceptionItem], values: Values, actor: str) -> Ends:
    """Whatever else asks where the same payments' money belongs closes with them."""
    said = values.get("note", "").strip() or "Left on account."
    placed = [item for item in items if item.reason in PLACEMENT_REASONS]
    payments: dict[int, ExceptionItem] = {}
    ends = Ends(left=[item for item in items if item.reason not in PLACEMENT_REASONS])
    for item in placed:
        if item.transaction_id is None or item.transaction_id not in payments:
            payments[item.transaction_id or -item.pk] = item
            ends.done[item.pk] = said
        else:
            ends.refused[item.pk] = f"The exception is resolved already: {said}"
    others = (
        ExceptionItem.objects.select_for_update(of=("self",))
        .filter(transaction__in=payments, reason__in=PLACEMENT_REASONS, state__in=OPEN_STATES)
        .exclude(pk__in=ends.done)
    )
    closing = [*payments.values(), *others.order_by("pk")]
    move_many(
        [Move(each, ExceptionState.RESOLVED, "leave_on_account", actor, said) for each in closing]
    )
    return ends


def retry(items: Sequence[ExceptionItem], values: Values, actor: str) -> Ends:
    """Postings go together, what was set aside is freed together, rules are asked once a day."""
    ends = Ends()
    groups: dict[str, list[ExceptionItem]] = {"posting": [], "rule": [], "again": []}
    for item in items:
        if item.order_id is not None:
            ends.left.append(item)
        elif item.reason in POSTING_REASONS:
            groups["posting"].append(item)
        elif item.reason in AGAIN_REASONS:
            groups["again"].append(item)
        elif item.reason in RULE_REASONS:
            groups["rule"].append(item)
        else:
            ends.left.append(item)
    for found in (
        _retry_postings(groups["posting"], actor),
        _retry_rules(groups["rule"], actor),
        _moved(groups["again"], ExceptionState.RESOLVED, "retry", actor, "It is tried again."),
    ):
        ends.done |= found.done
        ends.refused |= found.refused
    lanes.wake("deliver")
    return ends


def _retry_postings(items: Sequence[ExceptionItem], actor: str) -> Ends:
    ends = Ends()
    going: dict[int, ExceptionItem] = {}
    for item in items:
        posting = item.posting
        if posting is None or posting.state != PostingState.HELD:
            state = posting.get_state_display().lower() if posting else "gone"
            ends.refused[item.pk] = f"The posting is {state} already."
        else:
            going[posting.pk] = item
    done = replay.replay_many(going, actor)
    moves = []
    for posting_pk, item in going.items():
        if posting_pk in done:
            ends.done[item.pk] = done[posting_pk]
            moves.append(Move(item, item.state, "retry", actor, done[posting_pk]))
        else:
            ends.refused[item.pk] = "The posting moved on in the meantime."
    move_many(moves)
    return ends


class RulesOnDays:
    """Which pair an item is about and which rules are in force for it, asked once for each."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[int | None, ...], Pair] = {}
        self._rules: dict[tuple[int, date], RuleBook | None] = {}

    def rules(self, item: ExceptionItem) -> RuleBook | None:
        about = (
            item.connection_id,
            item.transaction.connection_id if item.transaction else None,
            item.batch.connection_id if item.batch else None,
        )
        if about not in self._pairs:
            self._pairs[about] = pair_of(item)
        place = (self._pairs[about].pk, item.business_on)
        if place not in self._rules:
            self._rules[place] = rules_in_force(self._pairs[about], item.business_on)
        return self._rules[place]


def _retry_rules(items: Sequence[ExceptionItem], actor: str) -> Ends:
    ends, days, moves = Ends(), RulesOnDays(), []
    for item in items:
        try:
            found = days.rules(item)
        except DeskError as error:
            ends.refused[item.pk] = str(error)
            continue
        if found is None or not rules.covers(found, item):
            ends.refused[item.pk] = f"Nothing has changed: {item.message}"[:400]
            continue
        ends.done[item.pk] = f"Covered by version {found.number}."
        moves.append(Move(item, ExceptionState.RESOLVED, "retry", actor, ends.done[item.pk]))
    move_many(moves)
    decide_again(Transaction.objects.filter(exceptions__in=[each.item.pk for each in moves]))
    return ends


def _moved(items: Sequence[ExceptionItem], state: str, action: str, actor: str, text: str) -> Ends:
    move_many([Move(item, state, action, actor, text) for item in items])
    return Ends(done={item.pk: text for item in items})


def follow_rule(items: Sequence[ExceptionItem], values: Values, actor: str) -> Ends:
    """A rule that was approved elsewhere covers them now."""
    return _retry_rules(items, actor)


MANY: Final[Mapping[str, Many]] = {
    "claim": claim,
    "dismiss": dismiss,
    "follow_rule": follow_rule,
    "leave_on_account": leave_on_account,
    "retry": retry,
    "wait": wait,
}

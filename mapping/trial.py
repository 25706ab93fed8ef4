"""A rule set tried on one payment: which row of each kind fires, and why the others do not. Pure.

What is asked is what deciding asks. A payment that is silent about something (a tax component, say)
asks nothing of the kinds that are about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from mapping.choices import AccountRole
from mapping.kinds import Kind
from mapping.rules.risks import RiskRow, Weighed, choose, figures, in_words
from mapping.rules.rows import Row, Tried, tried
from mapping.sentences import label_of, then, when

Facts = Mapping[str, str]

_OF_A_PAYMENT: Final = ("kind", "method", "currency")
#: What deciding knows when it asks for an account. A deposit is of many payments, so that only its
#: currency counts; a refund's accounts are asked for by its card.
_ASKED_OF_ROLE: Final[Mapping[str, tuple[str, ...]]] = {
    AccountRole.CLEARING: _OF_A_PAYMENT,
    AccountRole.UNIDENTIFIED: _OF_A_PAYMENT,
    AccountRole.REFUNDS: ("method", "currency"),
    AccountRole.RETURNS: ("method", "currency"),
    AccountRole.BANK: ("currency",),
    AccountRole.FEES: ("currency",),
    AccountRole.DIFFERENCES: ("currency",),
    AccountRole.WRITE_OFFS: ("currency",),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row that was asked, in words. `why` is empty for the one that fired."""

    position: int
    says: str
    fired: bool
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a kind was asked, such as the account for Card clearing, and each of its rows."""

    about: str
    asked: str
    outcomes: Sequence[Outcome]

    @property
    def fired(self) -> Outcome | None:
        return next((each for each in self.outcomes if each.fired), None)


def try_rules(
    kind: Kind, rows: Sequence[Row], facts: Facts, without: str = "this payment has none"
) -> list[Question]:
    """The questions that a payment of these facts puts to a kind; none: it is not asked.

    `without` says that a fact is empty.
    """
    open_choices = [name for name in kind.conditions if kind.field(name).choices]
    if not open_choices and not any(name in facts for name in kind.conditions):
        return []
    found = []
    for choice in product(*(kind.field(name).flatchoices for name in open_choices)):
        chosen = {name: str(code) for name, (code, _) in zip(open_choices, choice, strict=True)}
        asked = {**_known(chosen, facts), **chosen}
        about = ", ".join(str(label) for _, label in choice)
        outcomes = [_outcome(kind, each, asked, without) for each in tried(rows, asked)]
        found.append(Question(about, _asked_words(kind, asked, chosen), outcomes))
    return found


def try_risks(kind: Kind, rows: Sequence[RiskRow], weighed: Weighed) -> list[Question]:
    """Each risk rule with what the payment's figures say to it."""
    fired = choose(rows, weighed)
    outcomes = []
    for row in rows:
        failing = [each for each in figures(row, weighed) if not each.holds]
        why = in_words(failing) or "It holds too, but a row above had fired already."
        is_fired = fired is not None and row is fired.row
        says = f"{when(kind, row, row.position == 1)} → {then(kind, row)}"
        outcomes.append(Outcome(row.position, says, is_fired, "" if is_fired else why))
    return [Question("", in_words(fired.figures) if fired else "", outcomes)]


def _known(chosen: Mapping[str, str], facts: Facts) -> Facts:
    names = _ASKED_OF_ROLE.get(chosen.get("role", ""))
    return facts if names is None else {name: facts.get(name, "") for name in names}


def _asked_words(kind: Kind, asked: Facts, chosen: Facts) -> str:
    said = [
        f"{label_of(kind, name)} {asked[name]}"
        for name in kind.conditions
        if name not in chosen and asked.get(name)
    ]
    return ", ".join(said)


def _outcome(kind: Kind, each: Tried, asked: Facts, without: str) -> Outcome:
    row = each.row
    says = f"{when(kind, row, row.position == 1)} → {then(kind, row)}"
    if each.fired:
        why = ""
    elif each.came_too_late:
        why = "It holds too, but a row above had fired already."
    else:
        why = " ".join(_failed(kind, row, name, asked, without) for name in each.failing)
    return Outcome(row.position, says, each.fired, why)


def _failed(kind: Kind, row: Row, name: str, asked: Facts, without: str) -> str:
    label, wanted = label_of(kind, name).capitalize(), kind.shown(row, name)
    if name not in asked:
        return f"{label} has to be {wanted}, and a payment says nothing of it here."
    if not asked[name]:
        return f"{label} has to be {wanted}; {without}."
    choices = dict(kind.field(name).flatchoices)
    return f"{label} has to be {wanted}, and is {choices.get(asked[name], asked[name])}."


def silent(kind: Kind) -> Iterator[str]:
    """What a payment would have to say for this kind to be asked."""
    return (label_of(kind, name) for name in kind.conditions)

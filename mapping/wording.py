"""A rule book in words that a finance person reads: what each row asks for, what it leads to. Pure.

The kinds of rule that every payment meets have sentences of their own here; `mapping.rule_set_page`
puts the other kinds beside them by the labels of their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mapping.choices import AccountRole, Action
from mapping.rulebook import RuleBook
from mapping.rules.accounts import AccountRow
from mapping.rules.fees import FeeRow
from mapping.rules.methods import MethodRow
from mapping.rules.rows import RowT, shadowed
from mapping.rules.statuses import StatusRow


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a rule set: `when` it fits, `then` this follows. `position` is its place.

    `taken_by` is the place of an earlier row that takes all of its cases; 0 where it can fire.
    """

    position: int
    when: str
    then: str
    taken_by: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of rule. `empty` says what it means that there is no row; `key` is its slug."""

    key: str
    title: str
    when_head: str
    then_head: str
    lines: Sequence[Line]
    empty: str
    help: str = ""


FIRST_WINS: Final = "The first row that fits is taken."


def lines_of(
    rows: Sequence[RowT], when: Callable[[RowT], str], then: Callable[[RowT], str]
) -> list[Line]:
    """The rows in their order, each with the earlier row that leaves nothing for it."""
    taken = {row.position: earlier.position for row, earlier in shadowed(rows)}
    return [Line(row.position, when(row), then(row), taken.get(row.position, 0)) for row in rows]


def sheets_of(rules: RuleBook, currency: str) -> list[Sheet]:
    """`currency` is the pair's: fixed fees are in it."""
    return [
        Sheet(
            "statuses",
            "What is posted",
            "A transaction",
            "leads to",
            lines_of(rules.statuses, _when, _action),
            "No row: every transaction is held until somebody says what it leads to.",
            FIRST_WINS,
        ),
        Sheet(
            "accounts",
            "Ledger accounts",
            "For",
            "Account",
            lines_of(rules.accounts, _role, lambda row: row.account),
            "No row: nothing can be posted.",
            FIRST_WINS,
        ),
        Sheet(
            "methods",
            "Payment methods",
            "The gateway says",
            "The ERP’s method",
            lines_of(
                rules.methods, lambda row: row.method or _rest(rules.methods, "method"), _method
            ),
            "No row: receipts wait until a method is mapped.",
            "Capitals, spaces and dashes do not count.",
        ),
        Sheet(
            "fees",
            "The processor’s fee, by contract",
            "A sale by",
            "costs",
            lines_of(
                rules.fees,
                lambda row: row.method or _rest(rules.fees, "card"),
                lambda row: _fee(row, currency),
            ),
            "No row: the deposit must come without any fee.",
            "Rounded half up for each sale; a refund costs nothing and gives nothing back.",
        ),
    ]


def deposits_of(rules: RuleBook) -> Sheet:
    """By which text a line of the statement is known as the processor's."""
    text = rules.deposit_pattern
    return Sheet(
        "deposits",
        "Deposits on the bank statement",
        "A line",
        "is",
        [Line(1, f"whose description holds “{text}”", "a card deposit")] if text else [],
        "No text: no line of a statement is taken for a card deposit.",
    )


def _rest(rows: Sequence[object], noun: str) -> str:
    return f"Any other {noun}" if len(rows) > 1 else f"Every {noun}"


def _when(row: StatusRow) -> str:
    kind, status = _plain(row.kind), _plain(row.status)
    if kind and status:
        return f"{_a(kind)} that is {status}"
    if kind:
        return f"{_a(kind)}, whatever its status"
    return f"Anything that is {status}" if status else "Anything else"


def _action(row: StatusRow) -> str:
    label = Action(row.action).label if row.action in Action.values else _plain(row.action)
    return f"{label}, shown as “{row.erp_status}”" if row.erp_status else str(label)


def _role(row: AccountRow) -> str:
    known = row.role in AccountRole.values
    parts = [str(AccountRole(row.role).label) if known else _plain(row.role)]
    if row.kind:
        parts.append(f"of {_a(_plain(row.kind)).lower()}")
    if row.method:
        parts.append(f"by {row.method}")
    if row.currency:
        parts.append(f"in {row.currency}")
    places = [place for place in (row.location, row.department) if place]
    return " ".join(parts) + (f", {', '.join(places)}" if places else "")


def _method(row: MethodRow) -> str:
    return f"{row.erp_method}, {row.classification}" if row.classification else row.erp_method


def _fee(row: FeeRow, currency: str) -> str:
    """`2.9 % and 0.30 USD`; a part that is nothing is left out."""
    parts = []
    if row.percent:
        parts.append(f"{row.percent.normalize():f} %")
    if row.fixed:
        parts.append(f"{row.fixed:.2f} {currency}")
    return " and ".join(parts) or "nothing"


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _a(noun: str) -> str:
    return f"{'An' if noun[:1] in 'aeiou' else 'A'} {noun}"

"""What is checked before a document goes out, how exact, and what follows when it does not hold.

The first rule for a check decides: so an exception to a check stands above it, with `off`.
An amount that cannot be read never comes this far: its record is set aside as unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from integrations.money import Money
from mapping.rules.rows import Row, first, plain


class Check(StrEnum):
    AMOUNT_MATCHES = "amount_matches"
    CUSTOMER_EXISTS = "customer_exists"
    PERIOD_OPEN = "period_open"
    NOT_ZERO = "not_zero"
    LINES_ADD_UP = "lines_add_up"


#: What each check says of a payment, as people read it.
CHECK_WORDS: Final[Mapping[Check, str]] = {
    Check.AMOUNT_MATCHES: "The amount is what the invoices ask for",
    Check.CUSTOMER_EXISTS: "The payer is a customer of the ERP",
    Check.PERIOD_OPEN: "The period is open",
    Check.NOT_ZERO: "The amount is not zero",
    Check.LINES_ADD_UP: "The lines come to the amount",
}


class Severity(StrEnum):
    """`warn`: the document goes out and a person looks at it; `hold`: nothing goes out before."""

    OFF = "off"
    WARN = "warn"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class ValidationRow(Row):
    """`tolerance` is in major units of the payment's currency: up to it nothing is said."""

    checks: str
    severity: str
    tolerance: Decimal = Decimal(0)
    kind: str = ""
    method: str = ""
    currency: str = ""

    WORD = "validation"
    CONDITIONS = ("checks", "kind", "method", "currency")
    OUTCOMES = ("severity", "tolerance")
    COMPARED_BY = {"method": plain}

    @property
    def summary(self) -> str:
        return f"{self.checks} → {self.severity}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a document when it is checked; None where nothing is known of it.

    `expected`: what the invoices that are named still ask for together. `lines`: the parts that
    have to come to `amount`.
    """

    amount: Money
    kind: str
    method: str
    expected: Money | None = None
    customer_id: str | None = None
    period_is_open: bool | None = None
    lines: tuple[Money, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """What a check found: in a sentence, what it asks for beside what is there, and the money."""

    message: str
    wanted: str
    found: str
    difference: Money


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that does not hold, and the row that asks for it."""

    check: Check
    row: ValidationRow
    failing: Failing

    @property
    def message(self) -> str:
        return self.failing.message

    @property
    def holds_back(self) -> bool:
        return self.row.severity == Severity.HOLD


def validate(rows: Sequence[ValidationRow], checked: Checked) -> tuple[Finding, ...]:
    """Every check that a rule asks for and that does not hold."""
    return tuple(_findings(rows, checked))


def asked_of(
    rows: Sequence[ValidationRow], checked: Checked
) -> Iterator[tuple[Check, ValidationRow]]:
    """Each check with the first row for it, whether it holds or not; none where that one is off."""
    for check in _CHECKS:
        asked = {"checks": check, "kind": checked.kind, "method": checked.method}
        row = first(rows, asked | {"currency": checked.amount.currency})
        if row is not None and row.severity != Severity.OFF:
            yield check, row


def _findings(rows: Sequence[ValidationRow], checked: Checked) -> Iterator[Finding]:
    for check, row in asked_of(rows, checked):
        failing = _CHECKS[check](row, checked)
        if failing is not None:
            yield Finding(check, row, failing)


_Found = Failing | None


def _amount_matches(row: ValidationRow, checked: Checked) -> _Found:
    if checked.expected is None:
        return None
    difference = checked.amount - checked.expected
    if abs(difference.amount) <= row.tolerance:
        return None
    more = "more" if difference.amount > 0 else "less"
    size = Money(abs(difference.amount), difference.currency)
    text = f"The payment of {checked.amount} is {size} {more} than the {checked.expected} that its"
    return Failing(
        f"{text} invoices ask for; up to {row.tolerance} is allowed.",
        f"{checked.expected}, up to {row.tolerance} more or less",
        str(checked.amount),
        size,
    )


def _customer_exists(row: ValidationRow, checked: Checked) -> _Found:
    if checked.customer_id != "":
        return None
    message = "The payer is no customer of the ERP."
    return Failing(message, "A customer of the ERP", "Nobody there", checked.amount)


def _period_open(row: ValidationRow, checked: Checked) -> _Found:
    if checked.period_is_open is not False:
        return None
    message = "The document's day lies in a period that is closed in the ERP."
    return Failing(message, "An open period", "A closed one", checked.amount)


def _not_zero(row: ValidationRow, checked: Checked) -> _Found:
    if checked.amount:
        return None
    message = "The amount is zero."
    return Failing(message, "An amount", str(checked.amount), checked.amount)


def _lines_add_up(row: ValidationRow, checked: Checked) -> _Found:
    if checked.lines is None:
        return None
    total = sum(checked.lines, Money.zero(checked.amount.currency))
    difference = checked.amount - total
    if abs(difference.amount) <= row.tolerance:
        return None
    size = Money(abs(difference.amount), difference.currency)
    message = f"The lines come to {total}, the document to {checked.amount}."
    return Failing(message, str(checked.amount), str(total), size)


_CHECKS: Final[Mapping[Check, Callable[[ValidationRow, Checked], _Found]]] = {
    Check.AMOUNT_MATCHES: _amount_matches,
    Check.CUSTOMER_EXISTS: _customer_exists,
    Check.PERIOD_OPEN: _period_open,
    Check.NOT_ZERO: _not_zero,
    Check.LINES_ADD_UP: _lines_add_up,
}

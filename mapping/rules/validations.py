"""What is checked before a document goes out, how exact, and what follows when it does not hold.

The first rule for a check decides: so an exception to a check stands above it, with `off`.
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
class Finding:
    """A check that does not hold; `difference` is the money that it is about."""

    row: ValidationRow
    message: str
    difference: Money

    @property
    def holds_back(self) -> bool:
        return self.row.severity == Severity.HOLD


def validate(rows: Sequence[ValidationRow], checked: Checked) -> tuple[Finding, ...]:
    """Every check that a rule asks for and that does not hold."""
    return tuple(_findings(rows, checked))


def _findings(rows: Sequence[ValidationRow], checked: Checked) -> Iterator[Finding]:
    for check, look in _CHECKS.items():
        asked = {"checks": check, "kind": checked.kind, "method": checked.method}
        row = first(rows, asked | {"currency": checked.amount.currency})
        if row is None or row.severity == Severity.OFF:
            continue
        found = look(row, checked)
        if found is not None:
            yield Finding(row, *found)


_Found = tuple[str, Money] | None


def _amount_matches(row: ValidationRow, checked: Checked) -> _Found:
    if checked.expected is None:
        return None
    difference = checked.amount - checked.expected
    if abs(difference.amount) <= row.tolerance:
        return None
    more = "more" if difference.amount > 0 else "less"
    size = Money(abs(difference.amount), difference.currency)
    text = f"The payment of {checked.amount} is {size} {more} than the {checked.expected} that its"
    return f"{text} invoices ask for; up to {row.tolerance} is allowed.", size


def _customer_exists(row: ValidationRow, checked: Checked) -> _Found:
    if checked.customer_id != "":
        return None
    return "The payer is no customer of the ERP.", checked.amount


def _period_open(row: ValidationRow, checked: Checked) -> _Found:
    if checked.period_is_open is not False:
        return None
    return "The document's day lies in a period that is closed in the ERP.", checked.amount


def _not_zero(row: ValidationRow, checked: Checked) -> _Found:
    if checked.amount:
        return None
    return "The amount is zero.", checked.amount


def _lines_add_up(row: ValidationRow, checked: Checked) -> _Found:
    if checked.lines is None:
        return None
    total = sum(checked.lines, Money.zero(checked.amount.currency))
    difference = checked.amount - total
    if abs(difference.amount) <= row.tolerance:
        return None
    size = Money(abs(difference.amount), difference.currency)
    return f"The lines come to {total}, the document to {checked.amount}.", size


_CHECKS: Final[Mapping[Check, Callable[[ValidationRow, Checked], _Found]]] = {
    Check.AMOUNT_MATCHES: _amount_matches,
    Check.CUSTOMER_EXISTS: _customer_exists,
    Check.PERIOD_OPEN: _period_open,
    Check.NOT_ZERO: _not_zero,
    Check.LINES_ADD_UP: _lines_add_up,
}

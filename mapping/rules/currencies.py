"""What becomes of an amount in a currency: three steps, each by itself.

Conversion to the ERP's base currency by a named table of rates, the decimals that the target keeps,
and how it wants them written. A rate is frozen on what it made: table, day and rate stand beside
the amount, and a rate that is loaded later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from integrations.money import Money, minor_units, round_half_up
from mapping.rules.rows import Row, first


class Excess(StrEnum):
    """What happens to decimals that the target does not keep; never silently the one or other."""

    REFUSE = "refuse"
    ROUND = "round"


class Style(StrEnum):
    """How the target wants an amount written."""

    PLAIN = "1234.56"
    GROUPED = "1,234.56"
    COMMA = "1234,56"
    MINOR_UNITS = "123456"


class CurrencyError(ValueError):
    """An amount cannot be brought into the target's currency or form; the message says why."""


@dataclass(frozen=True, slots=True)
class CurrencyRow(Row):
    """`base` empty: the amount stays in its currency. `decimals` None: the currency's own.

    alone_days: how old a rate may be at which a payment is booked without a person; None: never.
    alone_up_to: in the base currency; what comes to more asks a person.
    """

    currency: str
    base: str = ""
    rate_table: str = ""
    max_age_days: int = 7
    decimals: int | None = None
    excess: str = Excess.REFUSE
    style: str = Style.PLAIN
    alone_days: int | None = None
    alone_up_to: Decimal | None = None

    WORD = "currency"
    CONDITIONS = ("currency",)
    OUTCOMES = (
        *("base", "rate_table", "max_age_days", "decimals", "excess", "style"),
        *("alone_days", "alone_up_to"),
    )

    @property
    def summary(self) -> str:
        how = f"{self.base} by {self.rate_table}" if self.base else "as it is"
        return f"{self.currency or 'any'} → {how}"


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `source` is `rate` units of `target` from `valid_on` on."""

    table: str
    source: str
    target: str
    valid_on: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Converted:
    """`amount` is exact, before the target's rounding; `rate` None where nothing was converted."""

    original: Money
    amount: Decimal
    currency: str
    rate: Rate | None = None


def choose(rows: Sequence[CurrencyRow], currency: str) -> CurrencyRow | None:
    return first(rows, {"currency": currency})


def rate_on(rates: Iterable[Rate], row: CurrencyRow, currency: str, day: date) -> Rate:
    """The newest rate of the row's table that is not after `day` and not too old.

    Raises CurrencyError where there is none: an amount is never converted by a guess.
    """
    oldest = day - timedelta(days=row.max_age_days)
    fitting = [
        rate
        for rate in rates
        if (rate.table, rate.source, rate.target) == (row.rate_table, currency, row.base)
        and oldest <= rate.valid_on <= day
    ]
    if not fitting:
        raise CurrencyError(
            f"Table {row.rate_table or 'without a name'} has no rate from {currency} to {row.base}"
            f" for {day} that is at most {row.max_age_days} days old."
        )
    return max(fitting, key=lambda rate: rate.valid_on)


def convert(row: CurrencyRow, amount: Money, rates: Iterable[Rate], day: date) -> Converted:
    """Step one: into the base currency, exactly."""
    if not row.base or row.base == amount.currency:
        return Converted(amount, amount.amount, amount.currency)
    rate = rate_on(rates, row, amount.currency, day)
    return Converted(amount, amount.amount * rate.rate, row.base, rate)


def kept(row: CurrencyRow, converted: Converted) -> tuple[Money, Decimal]:
    """Step two: the amount in the decimals that the target keeps, and the rounding difference.

    What was never converted has no rounding of ours: more decimals than the target keeps are
    refused, unless the rule says to round. Raises CurrencyError.
    """
    digits = minor_units(converted.currency) if row.decimals is None else row.decimals
    rounded = round_half_up(converted.amount, digits)
    difference = rounded - converted.amount
    if difference and converted.rate is None and row.excess != Excess.ROUND:
        raise CurrencyError(
            f"{converted.amount} {converted.currency} has more decimals than the {digits} that the"
            " target keeps, and the rule does not allow rounding."
        )
    return Money(rounded, converted.currency), difference


_MARKS: Final = str.maketrans({".": ",", ",": "."})


def written(row: CurrencyRow, amount: Money) -> str:
    """Step three: the text that the target wants."""
    if row.style == Style.GROUPED:
        return f"{amount.amount:,f}"
    if row.style == Style.COMMA:
        return f"{amount.amount:f}".translate(_MARKS)
    if row.style == Style.MINOR_UNITS:
        exponent = amount.amount.as_tuple().exponent
        digits = -exponent if isinstance(exponent, int) else 0
        return f"{amount.amount.scaleb(digits):.0f}"
    return f"{amount.amount:f}"

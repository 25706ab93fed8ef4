"""Money: a Decimal with its currency, and the only rounding code of the project.

The sign rule, stated once: an amount that moves *to* the merchant is positive, one that moves
*from* the merchant is negative. Components that have a name of their own (a fee, a refund total)
are positive magnitudes. Journal lines do not use signs at all: they have a debit or a credit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import total_ordering
from typing import Final

# Minor-unit digits by ISO 4217; every currency that is not listed has two.
MINOR_UNITS: Final[dict[str, int]] = {"JPY": 0, "KRW": 0, "CLP": 0, "BHD": 3, "KWD": 3, "TND": 3}

#: Amounts of 10^12 and more fit no column of the books.
LARGEST_EXPONENT: Final = 11


class MoneyError(ValueError):
    """An amount that cannot be read, or two currencies where one is needed."""


def minor_units(currency: str) -> int:
    return MINOR_UNITS.get(currency, 2)


def round_half_up(amount: Decimal, digits: int) -> Decimal:
    """Round to `digits` decimals, halves away from zero, as card processors and Sage do."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def trimmed(number: Decimal) -> Decimal:
    """The same number without zeros at its end, so that equal quantities have one text: `2.50` is
    `2.5`, `100` stays."""
    plain = number.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in major units of one currency (`Money(Decimal("139.12"), "USD")`)."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise MoneyError(f"{self.amount!r} is not a Decimal.")
        if not self.amount.is_finite():
            raise MoneyError(f"{self.amount} is not an amount.")
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise MoneyError(f"{self.currency!r} is not a currency code.")

    @classmethod
    def parse(cls, text: object, currency: str) -> Money:
        """Read `"139.12"`, `139` or a Decimal; never a float, never finer than the currency.

        Raises MoneyError with a sentence that quotes what was read.
        """
        if isinstance(text, bool | float) or text is None:
            raise MoneyError(f"{text!r} is not an exact amount.")
        try:
            amount = Decimal(str(text).strip())
        except InvalidOperation as error:
            raise MoneyError(f"{str(text)[:40]!r} is not an amount.") from error
        if not amount.is_finite():
            raise MoneyError(f"{str(text)[:40]!r} is not an amount.")
        if amount.adjusted() > LARGEST_EXPONENT:
            raise MoneyError(f"{str(text)[:40]!r} is larger than any amount of money.")
        digits = minor_units(currency)
        exact = round_half_up(amount, digits)
        if exact != amount:
            raise MoneyError(f"{str(text)[:40]!r} has more than {digits} decimals for {currency}.")
        return cls(exact, currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(round_half_up(Decimal(0), minor_units(currency)), currency)

    def rounded(self) -> Money:
        return Money(round_half_up(self.amount, minor_units(self.currency)), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be combined.")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        """Exact product; call `rounded()` where the result becomes a document amount."""
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    @property
    def text(self) -> str:
        """The plain number with the currency's decimals: `139.12`."""
        return f"{round_half_up(self.amount, minor_units(self.currency)):f}"

    def split(self, weights: Sequence[Decimal | int]) -> list[Money]:
        """Shares in proportion to `weights` that add up to exactly this amount.

        Largest remainder: each share is cut to the minor unit, and the units left over go to the
        largest remainders, the first of equals first. Weights are not negative and not all zero.
        """
        total = sum((Decimal(weight) for weight in weights), Decimal(0))
        if total <= 0 or any(weight < 0 for weight in weights):
            raise MoneyError("A split needs weights that are not negative and not all zero.")
        digits = minor_units(self.currency)
        unit = Decimal(1).scaleb(-digits)
        whole = round_half_up(self.amount, digits)
        if whole != self.amount:
            raise MoneyError(f"{self.amount} is finer than {self.currency} can be split.")
        sign = -1 if whole < 0 else 1
        units = int(abs(whole) / unit)
        exact = [units * Decimal(weight) / total for weight in weights]
        shares = [int(share) for share in exact]
        by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
        for index in by_remainder[: units - sum(shares)]:
            shares[index] += 1
        return [Money(sign * share * unit, self.currency) for share in shares]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, zero in `currency` when there are none."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result


def sums(amounts: Iterable[Money]) -> list[Money]:
    """One sum for each currency that occurs, by the currency's code."""
    found: dict[str, Money] = {}
    for amount in amounts:
        found[amount.currency] = found.get(amount.currency, Money.zero(amount.currency)) + amount
    return [found[currency] for currency in sorted(found)]

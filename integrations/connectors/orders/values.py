"""Values of an order, each read strictly and refused in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from integrations.money import Money, MoneyError

#: Quantities and prices of one piece may be finer than money.
FINEST: Final = 5
LARGEST: Final = 9
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UnfitError(ValueError):
    """The order cannot be read; the text says why, without a full stop."""


class Fields:
    """The members of one object of the order, asked by name. `place` names it in sentences.

    Raises UnfitError for what is no object and for a name that the format does not know.
    """

    def __init__(self, plain: Any, place: str, known: Sequence[str]) -> None:
        if not isinstance(plain, Mapping):
            raise UnfitError(f"{place} is no JSON object")
        strange = [name for name in plain if name not in known]
        if strange:
            raise UnfitError(f"{place} has “{strange[0][:40]}”, which the format does not know")
        self._plain = plain
        self._place = place

    def _given(self, name: str, *, required: bool) -> Any:
        value = self._plain.get(name)
        if required and (value is None or value == ""):
            raise UnfitError(f"{self._place} has no “{name}”")
        return value

    def _unfit(self, name: str, why: str) -> UnfitError:
        return UnfitError(f"“{name}” of {self._place} {why}")

    def text(self, name: str, *, longest: int, required: bool = False) -> str:
        """A trimmed text; a whole number counts as its digits. It is never cut."""
        value = self._given(name, required=required)
        if value is None:
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return self._checked(name, value, longest, required=required)

    def _checked(self, name: str, value: Any, longest: int, *, required: bool) -> str:
        if not isinstance(value, str):
            raise self._unfit(name, "is no text")
        text = value.strip()
        if len(text) > longest:
            raise self._unfit(name, f"has {len(text)} characters; {longest} fit")
        if any(ord(each) < 32 or 0xD800 <= ord(each) <= 0xDFFF for each in text):
            raise self._unfit(name, "holds a character that is not text")
        if required and not text:
            raise UnfitError(f"{self._place} has no “{name}”")
        return text

    def texts(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        values = self._given(name, required=False) or ()
        if not isinstance(values, list | tuple) or len(values) > most:
            raise self._unfit(name, f"is no list of {most} texts at most")
        return tuple(self._checked(name, each, longest, required=False) for each in values)

    def day(self, name: str) -> date:
        value = self._given(name, required=True)
        try:
            if not isinstance(value, str) or not _DAY.fullmatch(value):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            raise self._unfit(name, "is no day like 2026-03-02") from None

    def currency(self, name: str) -> str:
        code = self.text(name, longest=3, required=True)
        if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
            raise self._unfit(name, "is no code like USD")
        return code

    def money(self, name: str, currency: str, *, required: bool = True) -> Money:
        """An amount that is not negative: `"12.50"` or 12.50, no finer than the currency."""
        value = self._given(name, required=required)
        if value is None:
            return Money.zero(currency)
        if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
            raise self._unfit(name, "is no amount")
        try:
            amount = Money.parse(value, currency)
        except MoneyError as error:
            raise self._unfit(name, f"cannot be read: {str(error).rstrip('.')}") from None
        if amount.amount < 0:
            raise self._unfit(name, "is negative")
        return amount

    def price(self, name: str) -> Decimal:
        """The price of one piece, which may be finer than the currency."""
        return self._number(name)

    def quantity(self, name: str) -> Decimal:
        found = self._number(name)
        if found == 0:
            raise self._unfit(name, "is nothing")
        return found

    def _number(self, name: str) -> Decimal:
        value = self._given(name, required=True)
        if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
            raise self._unfit(name, "is no number")
        try:
            found = Decimal(str(value).strip())
        except InvalidOperation:
            raise self._unfit(name, "is no number") from None
        if not found.is_finite() or found < 0:
            raise self._unfit(name, "is no number from 0 on")
        if found and found.adjusted() >= LARGEST:
            raise self._unfit(name, "is larger than any order's")
        exponent = found.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -FINEST:
            raise self._unfit(name, f"has more than {FINEST} decimals")
        # One number, one text: 2, 2.0 and 2.00 are the same quantity.
        plain = found.normalize()
        return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain

    def count(self, name: str) -> int:
        """A whole number from 0 on; 0 where it is left out."""
        value = self._given(name, required=False)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
            raise self._unfit(name, "is no whole number from 0 on")
        return value

    def part(self, name: str, known: Sequence[str], place: str) -> Fields | None:
        value = self._given(name, required=False)
        return None if value is None else Fields(value, place, known)

    def rows(self, name: str, known: Sequence[str], word: str, most: int) -> list[Fields]:
        values = self._given(name, required=False)
        if values is None:
            return []
        if not isinstance(values, list):
            raise self._unfit(name, "is no list")
        if len(values) > most:
            raise self._unfit(name, f"has more than {most} rows")
        return [Fields(row, f"{word} {n}", known) for n, row in enumerate(values, 1)]

"""How values look in the API: amounts are texts with their currency, days are dates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MONEY: Final = {
    "type": "object",
    "properties": {
        "amount": {
            "type": "string",
            "pattern": r"^-?\d+(\.\d+)?$",
            "description": "In major units, as text: never a binary fraction.",
            "example": "139.12",
        },
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
}

_digits: Callable[[str], int] = lambda currency: 2  # noqa: E731


def use_minor_units(digits: Callable[[str], int]) -> None:
    """The app that knows currencies says how many decimals each has."""
    global _digits  # noqa: PLW0603  (set once, at start)
    _digits = digits


def amount_text(amount: Decimal, currency: str) -> str:
    """`139.12`: the currency's own decimals, and more only where the amount has more."""
    digits = _digits(currency)
    exact = amount.normalize()
    exponent = exact.as_tuple().exponent
    more = -exponent if isinstance(exponent, int) else 0
    return f"{amount:.{max(digits, more)}f}"


@extend_schema_field(MONEY)
class Amount(serializers.Field[Any, Any, Any, Any]):
    """An amount column with the row's currency column; `posting.amount` is a related row's."""

    def __init__(self, column: str, currency: str = "currency", **kwargs: Any) -> None:
        self.column, self.currency = column, currency
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, str] | None:
        return money(attrgetter(self.column)(value), attrgetter(self.currency)(value))


def money(amount: Decimal | None, currency: str) -> dict[str, str] | None:
    if amount is None or not currency:
        return None
    return {"amount": amount_text(amount, currency), "currency": currency}

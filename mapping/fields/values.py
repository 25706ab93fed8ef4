"""What a field of a payment holds, and how it reads as text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

#: A text, a number, a day or a moment (aware); an empty text stands for what is not there.
Value = str | Decimal | date


class ValueType(StrEnum):
    TEXT = "text"
    DECIMAL = "number"
    DATE = "date"


class FieldError(Exception):
    """A value cannot be worked out; the message says why in a sentence."""


def as_text(value: Value) -> str:
    """`139.12`, `2010-12-01`, `2010-12-01 14:30` (UTC); texts as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return value.isoformat()

"""Single values of a PayTrace record. Pure; a value that cannot be read raises Unfit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import DecimalException
from typing import Any, Final
from zoneinfo import ZoneInfo

from integrations.money import Money, MoneyError
from integrations.redactor import Redactor

CURRENCY: Final = "USD"
REDACTOR: Final = Redactor()
LONGEST_TEXT: Final = 100
_TIME: Final = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AP])\.?M\.?", re.IGNORECASE
)


class Unfit(ValueError):
    """This one record cannot be read; the text says why."""


def quote(value: object) -> str:
    if value is None:
        return "nothing"
    return repr(REDACTOR.clean(str(value))[:60])  # escapes what cannot be stored, too


def _is_odd(text: str) -> bool:
    """Null characters and halves of characters: valid JSON, but no database stores them."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def id_or_empty(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value).strip()[:64]
    return "" if _is_odd(text) else text


def read_id(value: object, name: str) -> str:
    external_id = id_or_empty(value)
    if not external_id:
        raise Unfit(f"{name} is missing: {quote(value)}")
    return external_id


def read_text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise Unfit(f"{name} is not a text: {quote(value)}")
    text = str(value).strip()
    if _is_odd(text):
        raise Unfit(f"{name} holds a character that is not text: {quote(value)}")
    return text


def text_or_empty(row: Mapping[str, Any], name: str) -> str:
    """A text that only helps: cut to what an address field holds, empty where it is not one."""
    try:
        return read_text(row, name)[:LONGEST_TEXT]
    except Unfit:
        return ""


def read_amount(value: object, name: str, *, signed: bool = False) -> Money:
    try:
        amount = Money.parse(value, CURRENCY)
    except (MoneyError, DecimalException):
        raise Unfit(f"{name} is not an amount in dollars: {quote(value)}") from None
    if amount.amount < 0 and not signed:
        raise Unfit(f"{name} is negative: {quote(value)}")
    return amount


def read_count(value: object, name: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or len(text) > 9:
        raise Unfit(f"{name} is not a count: {quote(value)}")
    return int(text)


def read_moment(value: object, zone: ZoneInfo, name: str) -> datetime:
    found = _TIME.fullmatch(str(value).strip()) if isinstance(value, str) else None
    if found is None:
        raise Unfit(f"{name} is not a time like 1/31/2011 8:05:00 PM: {quote(value)}")
    month, day, year, hour, minute = (int(found[i]) for i in range(1, 6))
    if not 1 <= hour <= 12:
        raise Unfit(f"{name} is not a time: {quote(value)}")
    hour = hour % 12 + (12 if found[7].upper() == "P" else 0)
    try:
        local = datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit(f"{name} is not a time: {quote(value)}") from None

"""The business day of an entry from what a file writes. Pure.

A bank writes its own day; only where a moment has an offset and the account a time zone is the day
that of the account's zone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from integrations.connectors.bank_file.statements import UnfitError

_OFX: Final = re.compile(
    r"(?P<day>[0-9]{8})(?:(?P<time>[0-9]{4})(?:[0-9]{2})?(?:\.[0-9]{1,6})?)?"
    r"\s*(?:\[\s*(?P<offset>[+-]?[0-9]{1,2}(?:\.[0-9]{1,2})?)\s*(?::[^\]]*)?\])?"
)
_ISO_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")


def iso_day(text: str) -> date:
    """`2010-12-03`, with or without a zone. Raises UnfitError."""
    found = _ISO_DAY.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise UnfitError(f"{text[:40]!r} is not a date like 2010-12-31") from None


def iso_moment_day(text: str, zone: ZoneInfo | None) -> date:
    """The day of `2010-12-03T17:00:00+01:00`. Raises UnfitError."""
    try:
        return _day_in(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        raise UnfitError(f"{text[:40]!r} is not a moment like 2010-12-31T17:00:00") from None


def ofx_day(text: str, zone: ZoneInfo | None) -> date:
    """The day of `20101203`, `20101203170000.000[-5:EST]`. Raises UnfitError."""
    found = _OFX.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        day = date.fromisoformat(f"{found['day'][:4]}-{found['day'][4:6]}-{found['day'][6:]}")
        if found["time"] is None or found["offset"] is None:
            return day
        hours, minutes = int(found["time"][:2]), int(found["time"][2:4])
        offset = timezone(timedelta(minutes=int(Decimal(found["offset"]) * 60)))
        return _day_in(datetime.combine(day, time(hours, minutes), offset), zone)
    except (ValueError, OverflowError):
        raise UnfitError(f"{text[:40]!r} is not a date like 20101231") from None


def _day_in(moment: datetime, zone: ZoneInfo | None) -> date:
    if zone is None or moment.tzinfo is None:
        return moment.date()
    return moment.astimezone(zone).date()

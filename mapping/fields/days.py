"""Days and moments written by a pattern such as `MM/DD/YY` or `DD MMM YYYY, HH:mm`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from mapping.fields.values import FieldError

_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_PARTS: Final = re.compile(r"YYYY|YY|MMM|MM|DD|HH|mm")
_TIMES: Final = ("HH", "mm")


def wrong_pattern(pattern: str) -> str:
    """What is wrong with a pattern; empty where nothing is."""
    left = re.search(r"[A-Za-z]+", _PARTS.sub("", pattern))
    if left or not _PARTS.search(pattern):
        what = f"{left.group()!r} is no part of a date" if left else "It names no part of a date"
        return f"{what}: there are YYYY, YY, MMM, MM, DD, HH and mm."
    return ""


def written(day: date, pattern: str) -> str:
    """A moment is written in UTC. Raises FieldError where a day is asked for its time."""
    moment = day.astimezone(UTC) if isinstance(day, datetime) else None
    if moment is None and any(part in _TIMES for part in _PARTS.findall(pattern)):
        raise FieldError("A business day has no time of day.")
    shown = moment or day
    parts = {
        "YYYY": f"{shown.year:04d}",
        "YY": f"{shown.year % 100:02d}",
        "MMM": _MONTHS[shown.month - 1],
        "MM": f"{shown.month:02d}",
        "DD": f"{shown.day:02d}",
        "HH": f"{moment:%H}" if moment else "",
        "mm": f"{moment:%M}" if moment else "",
    }
    return _PARTS.sub(lambda found: parts[found.group()], pattern)

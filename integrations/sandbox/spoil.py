"""Answers that are done and yet wrong: twice, in another order, behind the times. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from integrations.sandbox.faults import FaultRule

Payload = Mapping[str, Any]
GARBAGE: Final = b"<html><body><h1>Service Temporarily Unavailable</h1></body></html>"


def repeat_rows(records: list[Any]) -> list[Any]:
    return [*records, *records]


def reorder(records: list[Any]) -> list[Any]:
    return random.sample(records, len(records))


def lag(records: list[Any]) -> list[Any]:
    return records[:-1]


SPOILED: Final[dict[str, Callable[[list[Any]], list[Any]]]] = {
    "repeat_rows": repeat_rows,
    "reorder": reorder,
    "lag": lag,
}


def spoiled(payload: Payload, kind: str) -> dict[str, Any]:
    """The payload with each of its lists of records spoiled as `kind` says."""
    change = SPOILED[kind]
    return {
        key: change(value) if isinstance(value, list) else value for key, value in payload.items()
    }


def throttled_headers(fault: FaultRule, now: datetime | None = None) -> dict[str, str]:
    """When to come back: in seconds, or as a moment by the vendor's own clock, which it shows."""
    if fault.retry_after is None:
        return {}
    if fault.kind == "throttle":
        return {"Retry-After": str(fault.retry_after)}
    theirs = (now or datetime.now(UTC)) + timedelta(seconds=fault.seconds)
    back = theirs + timedelta(seconds=fault.retry_after)
    return {
        "Date": format_datetime(theirs, usegmt=True),
        "Retry-After": format_datetime(back, usegmt=True),
    }

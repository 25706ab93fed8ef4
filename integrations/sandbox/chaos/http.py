"""Scheduled faults of the gateway's HTTP port: a request's channel, and what a kind means."""

from __future__ import annotations

import random
from typing import Final, Protocol

from integrations.sandbox.chaos import book
from integrations.sandbox.database import Database
from integrations.sandbox.faults import FaultRule

LISTS: Final = ("/v1/transactions/export/by_date_range", "/v1/batches/export")
STALL_SECONDS: Final = 0.4
RETRY_AFTER: Final = 1
#: How far the gateway's clock is from ours when it names a moment, in seconds.
SKEWS: Final = (-600, -90, 0, 90, 600)
RULES: Final = {
    "throttle_seconds": FaultRule(kind="throttle", retry_after=RETRY_AFTER),
    "error_500": FaultRule(kind="error", status=500),
    "error_503": FaultRule(kind="error", status=503),
    "error_after": FaultRule(kind="error_after", status=502),
    "stall": FaultRule(kind="stall", seconds=STALL_SECONDS),
}


class Asked(Protocol):
    @property
    def path(self) -> str: ...

    @property
    def body(self) -> bytes: ...


class ScheduledFaults:
    """Counts the gateway's requests by channel in its own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def strike(self, request: Asked) -> FaultRule | None:
        with self._database.connection() as connection:
            kind = book.strike(connection, channel_of(request), request.path)
        return None if kind is None else rule_of(kind)


def channel_of(request: Asked) -> str:
    """What searches for a text is a look-up, whichever path it takes: it asks for one payment."""
    path = request.path
    if path == "/oauth/token":
        return "gateway.token"
    if path in LISTS and b'"including_text"' not in request.body:
        return "gateway.list"
    if "/export" in path or path == "/v1/ping":
        return "gateway.look"
    return "gateway.write"


def rule_of(kind: str) -> FaultRule:
    if kind == "throttle_date":
        skew = random.choice(SKEWS)
        return FaultRule(kind=kind, retry_after=RETRY_AFTER, seconds=skew)
    return RULES.get(kind) or FaultRule(kind=kind)

"""How well each connection is: running, paused, failing or quiet, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.choices import CircuitState, ConnectionState
from integrations.models import Connection, Pull
from integrations.registry import CONNECTORS


@dataclass(frozen=True)
class Health:
    """`newest` is the business time of the newest fact; None before the first."""

    connection: Connection
    connector: str
    word: str
    tone: str
    problem: str
    newest: datetime | None
    pulls: list[Pull]


def all_health(wall_now: datetime) -> list[Health]:
    """Every connection by name. Two queries."""
    found = Connection.objects.prefetch_related("pulls").order_by("name", "id")
    return [health_of(connection, wall_now) for connection in found]


def health_of(connection: Connection, wall_now: datetime) -> Health:
    pulls = list(connection.pulls.all())
    word, tone, problem = _verdict(connection, pulls, wall_now)
    info = CONNECTORS.get(connection.connector)
    label = info.label if info else connection.connector
    return Health(connection, label, word, tone, problem, connection.newest_fact_at, pulls)


def _verdict(connection: Connection, pulls: list[Pull], wall_now: datetime) -> tuple[str, str, str]:
    if connection.state == ConnectionState.PAUSED:
        return "Paused", "warn", connection.pause_reason or "Paused by hand."
    if connection.circuit != CircuitState.CLOSED:
        times = f"{connection.failures_in_a_row} times in a row"
        return "Not answering", "bad", f"It failed {times}. {connection.pause_reason}".strip()
    if connection.paused_until and connection.paused_until > wall_now:
        return "Slowed down", "warn", connection.pause_reason or "The vendor asked for a pause."
    failing = next((pull for pull in pulls if pull.failures), None)
    if failing is not None:
        stream = failing.stream.replace("_", " ")
        times = "once" if failing.failures == 1 else f"{failing.failures} times in a row"
        return "Failing", "bad", f"Reading {stream} failed {times}. {failing.problem}"
    if not pulls:
        return "Ready", "good", ""
    if connection.newest_fact_at is None:
        return "No facts yet", "mute", ""
    return "Running", "good", ""

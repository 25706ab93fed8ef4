"""How a connection answers: back-off, pauses, and the circuit that all workers share.

The circuit of a connection is closed while it answers, open after so many failures in a row, and
half open while one worker tries. It stands in the connection's row: whatever one worker learns,
pulls, postings and look-ups of all the others keep to. `paused_until` says until when nobody asks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from integrations.choices import AlertKind, CircuitState, ConnectionState
from integrations.clock import wall_now
from integrations.errors import (
    AuthError,
    ConfigError,
    EdgeError,
    OutcomeUnknownError,
    ThrottledError,
    TransientError,
)
from integrations.models import Connection
from integrations.services import alerts

BACKOFF_FIRST: Final = timedelta(seconds=1)
BACKOFF_CAP: Final = timedelta(minutes=15)
#: An open circuit is tried at least this often: a try is one request, an outage ends at some time.
PROBE_CAP: Final = timedelta(minutes=1)
#: A worker that tries an open circuit and dies leaves it to the others after this long.
PROBE_LEASE: Final = timedelta(minutes=2)
#: Credentials or settings that are refused are mended by a person, not within seconds.
REFUSED_FIRST: Final = timedelta(minutes=1)
FIELDS: Final = (
    "circuit",
    "circuit_at",
    "failures_in_a_row",
    "pauses_in_a_row",
    "paused_until",
    "pause_reason",
)


def back_off(failures: int, cap: timedelta = BACKOFF_CAP) -> timedelta:
    """Exponential with full jitter over its upper half, capped."""
    ceiling = min(cap, BACKOFF_FIRST * 2 ** min(max(failures - 1, 0), 20))
    return timedelta(seconds=ceiling.total_seconds() * random.uniform(0.5, 1.0))


def failed(connection: Connection, error: EdgeError, *, must_pause: bool = False) -> None:
    """Note that asking a connection failed, and pause it as the kind of failure wants.

    `must_pause`: the caller has no due time of its own to wait for. The caller's copy is brought
    up to date.
    """
    now = wall_now()
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        before = row.circuit
        if isinstance(error, TransientError | OutcomeUnknownError):
            _not_answered(row, error, now, must_pause=must_pause)
        elif isinstance(error, ThrottledError):
            _told_to_wait(row, error, now, error.retry_after)
        elif isinstance(error, AuthError | ConfigError):
            wait = max(REFUSED_FIRST, back_off(row.pauses_in_a_row + 1))
            _told_to_wait(row, error, now, wait)
        elif must_pause:
            _told_to_wait(row, error, now, back_off(row.pauses_in_a_row + 4))
        row.save(update_fields=FIELDS)
        if row.circuit != before:
            _tell(row, error.message)
        _alert(row, error)
    _copy(row, connection)


def _not_answered(row: Connection, error: EdgeError, now: datetime, *, must_pause: bool) -> None:
    row.failures_in_a_row += 1
    over = row.failures_in_a_row - row.open_after_failures + 1
    if over >= 1 or row.circuit != CircuitState.CLOSED:
        _move(row, CircuitState.OPEN, now)
        _pause(row, now + back_off(over, PROBE_CAP), error)
    elif must_pause:
        _pause(row, now + back_off(row.failures_in_a_row), error)


def _told_to_wait(row: Connection, error: EdgeError, now: datetime, wait: timedelta | None) -> None:
    """It answered, and the answer was to stay away: the circuit has nothing to do with that."""
    row.pauses_in_a_row += 1
    row.failures_in_a_row = 0
    _move(row, CircuitState.CLOSED, now)
    until = now + (wait if wait is not None else back_off(row.pauses_in_a_row))
    _pause(row, max(until, row.paused_until or until), error)


def _alert(row: Connection, error: EdgeError) -> None:
    """An outage when the circuit is open, refused credentials or settings at once."""
    if isinstance(error, AuthError | ConfigError):
        title = f"{row.name} refuses our credentials"
        if isinstance(error, ConfigError):
            title = f"{row.name} lacks a setting"
        alerts.raise_alert(
            AlertKind.CONNECTION_AUTH, _subject(row), title, error.message, connection=row
        )
    elif row.circuit == CircuitState.OPEN:
        title = f"{row.name} does not answer"
        alerts.raise_alert(
            AlertKind.CONNECTION_DOWN, _subject(row), title, error.message, connection=row
        )
    elif isinstance(error, ThrottledError):  # which is an answer
        alerts.clear(AlertKind.CONNECTION_DOWN, _subject(row))


def _subject(row: Connection) -> str:
    return f"connection:{row.pk}"


def _pause(row: Connection, until: datetime, error: EdgeError) -> None:
    row.paused_until = until
    if row.state == ConnectionState.ACTIVE:  # else the reason is a person's
        row.pause_reason = error.message[:200]


def answered(connection: Connection) -> None:
    """Note that a connection answered. One cheap statement while all is well."""
    well = Q(circuit=CircuitState.CLOSED, failures_in_a_row=0, pauses_in_a_row=0)
    if not Connection.objects.filter(pk=connection.pk).exclude(well).exists():
        return
    now = wall_now()
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        was_open = row.circuit != CircuitState.CLOSED
        row.failures_in_a_row = 0
        if was_open or row.paused_until is None or row.paused_until <= now:
            # A pause that the vendor asked for stays, whatever came back in the meantime.
            row.pauses_in_a_row, row.paused_until = 0, None
            if row.state == ConnectionState.ACTIVE:  # else the reason is a person's
                row.pause_reason = ""
        _move(row, CircuitState.CLOSED, now)
        row.save(update_fields=FIELDS)
        if was_open:
            _tell(row, "It answers again.")
        for kind in (AlertKind.CONNECTION_DOWN, AlertKind.CONNECTION_AUTH):
            alerts.clear(kind, _subject(row))
    _copy(row, connection)


@contextmanager
def asking(connection: Connection) -> Iterator[bool]:
    """Whether a connection may be asked now. While its circuit is open, one worker at a time may.

    Take the lock of the work first: a try that asks nothing is given back to the others.
    """
    may_ask = _may_ask(connection)
    lease = connection.paused_until
    try:
        yield may_ask
    finally:
        if may_ask and lease is not None:
            Connection.objects.filter(
                pk=connection.pk, circuit=CircuitState.HALF_OPEN, paused_until=lease
            ).update(circuit=CircuitState.OPEN, paused_until=wall_now() + BACKOFF_FIRST)


def _may_ask(connection: Connection) -> bool:
    now = wall_now()
    row = Connection.objects.get(pk=connection.pk)
    is_paused = row.paused_until is not None and row.paused_until > now
    if row.state != ConnectionState.ACTIVE or is_paused:
        _copy(row, connection)
        return False
    if row.circuit == CircuitState.CLOSED:
        row.paused_until = None
        _copy(row, connection)
        return True
    return _take_the_try(row, connection, now)


def _take_the_try(row: Connection, connection: Connection, now: datetime) -> bool:
    seen = Connection.objects.filter(pk=row.pk, circuit=row.circuit, paused_until=row.paused_until)
    with transaction.atomic():
        lease = now + PROBE_LEASE
        took = seen.update(circuit=CircuitState.HALF_OPEN, paused_until=lease, circuit_at=now)
        if took:
            row.circuit, row.paused_until, row.circuit_at = CircuitState.HALF_OPEN, lease, now
            _tell(row, "One worker tries whether it answers again.")
    _copy(row, connection)
    return bool(took)


def _move(row: Connection, state: str, now: datetime) -> None:
    if row.circuit != state:
        row.circuit, row.circuit_at = state, now


def _tell(row: Connection, why: str) -> None:
    """Every change of the circuit leaves its entry."""
    audit.record(
        f"connection.circuit_{row.circuit}",
        ("connection", str(row.pk)),
        actor="worker",
        summary=why[:300],
        details={"failures": row.failures_in_a_row, "paused_until": row.paused_until},
    )


def _copy(row: Connection, connection: Connection) -> None:
    for name in FIELDS:
        setattr(connection, name, getattr(row, name))

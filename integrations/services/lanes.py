"""Lanes: drains that run one after the other in a worker, woken by a hint in the queue.

The rows are the queue. A wake-up only says that there may be work: at most one stands in the
queue for each lane, a lane at work hears of new rows by NOTIFY, and a schedule wakes every lane
each minute, so that a lost wake-up costs a minute and nothing else.
"""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django_q.brokers import get_broker
from django_q.tasks import async_task

from integrations.clock import business_now, wall_now
from integrations.locks import LockLostError, session_lock
from integrations.models import Lane
from integrations.prepared import preparing_cursor
from integrations.services import restored

logger = logging.getLogger(__name__)

#: A lane gives its worker back after this long, well under the queue's time-out.
RUN_FOR: Final = timedelta(seconds=50)
#: A lane that has just begun a portion when its time is over; the queue's time-out is above it.
LONGEST: Final = RUN_FOR + timedelta(seconds=30)
#: Where lanes have to share workers, an idle one listens this long before it gives its worker back.
LINGER: Final = timedelta(seconds=20)
#: A lane without a sign of life for this long is taken to be dead.
DEAD_AFTER: Final = timedelta(seconds=10)
#: How long an idle lane listens before it looks for rows that became due by time alone.
LOOK_EVERY: Final = 0.25
#: How long one process trusts that it has just woken a lane, in seconds.
LOOK_AGAIN: Final = 1.0

#: How often one process notifies of rows that it writes one by one, at most, in seconds. A lane at
#: work looks by itself after LOOK_EVERY.
NOTIFY_EVERY: Final = 0.05

_looked: dict[str, float] = {}
_notified: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Drain:
    """One bounded portion of work at a call; `run` answers how many rows it moved.

    `waiting` is what its module calls WAITING: SQL that is true while there may be work, with
    %(business)s and %(wall)s for the two clocks. It is asked of all drains of a lane in one round
    trip, so that looking costs next to nothing.
    """

    path: str
    run: Callable[[], int]
    waiting: str


def lane_names() -> list[str]:
    names: dict[str, list[str]] = settings.TIEOUT_LANES
    return list(names)


def _drains(lane: str) -> list[Drain]:
    found = []
    for path in settings.TIEOUT_LANES[lane]:
        run = import_string(path)
        found.append(Drain(path, run, getattr(sys.modules[run.__module__], "WAITING", "true")))
    return found


def waiting(lane: str) -> list[str]:
    """The drains of a lane that may have work at this moment."""
    return [drain.path for drain in _with_work(_drains(lane))]


def _with_work(drains: Sequence[Drain]) -> list[Drain]:
    """The drains that may have work, asked in one statement.

    It is prepared: planning it anew at each look would take many times what answering takes.
    """
    asked = "SELECT " + ", ".join(f"({drain.waiting})" for drain in drains)
    clocks = {"business": business_now(), "wall": wall_now()}
    connection.ensure_connection()
    with connection.wrap_database_errors:
        row = preparing_cursor(connection).execute(asked, clocks, prepare=True).fetchone()
    answers = row or ()
    return [drain for drain, waits in zip(drains, answers, strict=True) if waits]


def wake(lane: str) -> None:
    """Say that a lane may have work, once the current transaction has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [_channel(lane)])
    transaction.on_commit(lambda: _enqueue_if_idle(lane))


def _channel(lane: str) -> str:
    return f"tieout_{lane}"


def channel_if_due(lane: str) -> str | None:
    """For who stores rows one by one: the channel to notify, or None when
    this process has only just notified. `look` belongs behind the commit."""
    now = time.monotonic()
    if now - _notified.get(lane, -NOTIFY_EVERY) < NOTIFY_EVERY:
        return None
    _notified[lane] = now
    return _channel(lane)


def look(lane: str) -> None:
    """After the commit of rows that `channel_if_due` was asked for: wake the lane if it sleeps."""
    _enqueue_if_idle(lane)


def _enqueue_if_idle(lane: str) -> None:
    """Put a wake-up into the queue unless one stands there or a worker is at it.

    A process that has just looked need not look again: a lane stays awake for longer than that.
    """
    if time.monotonic() - _looked.get(lane, -LOOK_AGAIN) < LOOK_AGAIN:
        return
    _looked[lane] = time.monotonic()
    now = wall_now()
    with transaction.atomic():
        row, _ = Lane.objects.select_for_update().get_or_create(name=lane)
        at_work = row.beat_at is not None and now - row.beat_at < DEAD_AFTER
        if at_work or _is_queued(row, now):
            return
        row.queued_at = now
        row.save(update_fields=["queued_at"])
        async_task("integrations.tasks.run_lane", lane, save=False)


def _is_queued(row: Lane, now: datetime) -> bool:
    """Whether a lane's wake-up stands in the queue, as far as can be told.

    One that nobody took for long was lost with its worker, unless the queue is only behind.
    """
    if row.queued_at is None:
        return False
    return now - row.queued_at < DEAD_AFTER or get_broker().queue_size() > 0


def sweep() -> None:
    """Wake every lane: what the schedule calls, and whoever suspects a lost wake-up."""
    for lane in lane_names():
        _enqueue_if_idle(lane)


def run_lane(lane: str) -> int:
    """Run a lane's drains until they are idle; answers how many rows they moved.

    A second worker that is woken for the same lane leaves at once.
    """
    Lane.objects.get_or_create(name=lane)
    with session_lock(f"lane:{lane}") as is_ours:
        if not is_ours:
            return 0
        try:
            # Before anything is read or sent: is this the database that we have worked with?
            restored.check()
            moved, is_idle = _run(lane)
        finally:
            Lane.objects.filter(name=lane).update(beat_at=None, queued_at=None)
    if not is_idle:
        _looked.pop(lane, None)
        _enqueue_if_idle(lane)
    return moved


def _run(lane: str) -> tuple[int, bool]:
    """Rows moved, and whether the lane was idle at its end (its time may be over before)."""
    drains = _drains(lane)
    started = idle_since = time.monotonic()
    moved = 0
    linger = _linger(lane).total_seconds()
    last_beat = -1.0
    with connection.cursor() as cursor:
        cursor.execute(f'LISTEN "{_channel(lane)}"')
    try:
        while time.monotonic() - started < RUN_FOR.total_seconds():
            if time.monotonic() - last_beat > 1:
                _beat(lane)
                last_beat = time.monotonic()
            portion = sum(_step(drain) for drain in _with_work(drains))
            moved += portion
            if portion:
                idle_since = time.monotonic()
                continue
            if time.monotonic() - idle_since > linger:
                return moved, True
            _listen(LOOK_EVERY)
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f'UNLISTEN "{_channel(lane)}"')
    return moved, False


def _linger(lane: str) -> timedelta:
    """How long an idle lane stays to listen.

    With a worker to spare, to the end of its time, and then it hands over to its next wake-up:
    somebody always hears a NOTIFY, which is quicker than any look into the queue.
    """
    if lane in settings.TIEOUT_BRIEF_LANES:
        return timedelta(0)
    staying = set(settings.TIEOUT_LANES) - settings.TIEOUT_BRIEF_LANES
    return RUN_FOR if len(staying) < settings.TIEOUT_WORKERS else LINGER


def _step(drain: Drain) -> int:
    """One portion of one drain. A drain that breaks is logged and does not stop the others."""
    from integrations.services import drain_troubles

    try:
        moved = drain.run()
        drain_troubles.worked(drain.path)
        return moved
    except LockLostError:
        raise  # The lane's own lock went with the session.
    except Exception as error:
        if connection.connection is None or connection.connection.closed:
            raise  # The database went away: the lane's lock with it.
        logger.exception("The drain %s failed; it will be tried again.", drain.path)
        drain_troubles.failed(drain.path, error)
        return 0


def _listen(seconds: float) -> None:
    """Wait for a notification of this lane, or for `seconds` at most."""
    connection.ensure_connection()
    if connection.connection is not None:
        list(connection.connection.notifies(timeout=seconds, stop_after=1))


def _beat(lane: str) -> None:
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Lane.objects.filter(name=lane).update(beat_at=wall_now(), peak_memory_mb=peak_kb // 1024)

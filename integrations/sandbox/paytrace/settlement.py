"""The close: each day at 20:00 Pacific, applied when business time has passed it, once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.database import Connection, Database, only_row
from integrations.sandbox.paytrace import assumptions
from integrations.sandbox.paytrace.answers import done
from integrations.sandbox.paytrace.call import Call
from integrations.sandbox.paytrace.store import SETTLE_LOCK
from integrations.sandbox.wire import Answer

CLOSE = """
    WITH batch AS (
        SELECT coalesce(max(number), 0) + 1 AS number FROM paytrace_batch
    ), settled AS (
        UPDATE paytrace_transaction
        SET state = 'settled', settled_at = %(at)s, batch_number = batch.number
        FROM batch WHERE state = 'approved' AND settle_from < %(before)s
        RETURNING kind, amount
    )
    INSERT INTO paytrace_batch
        (number, closed_on, closed_at, sales_count, sales_amount, refund_count, refund_amount)
    SELECT (SELECT number FROM batch), %(day)s, %(at)s,
        count(*) FILTER (WHERE kind <> 'REFUND'),
        coalesce(sum(amount) FILTER (WHERE kind <> 'REFUND'), 0),
        count(*) FILTER (WHERE kind = 'REFUND'),
        coalesce(sum(amount) FILTER (WHERE kind = 'REFUND'), 0)
    FROM settled HAVING count(*) > 0
"""

# The oldest transaction that waits for a close, and the last day that was closed.
OPEN = """
    SELECT (SELECT min(settle_from) FROM paytrace_transaction WHERE state = 'approved'),
        (SELECT max(closed_on) FROM paytrace_batch)
"""


def next_day(day: date) -> date:
    return day + timedelta(days=1)


def close_of(day: date) -> datetime:
    """The moment at which a Pacific day closes, in UTC; summer time is the zone's business."""
    return datetime.combine(day, assumptions.CLOSE_AT, assumptions.ZONE).astimezone(UTC)


def closing_day_after(moment: datetime) -> date:
    """The first Pacific day whose close is later than `moment`."""
    day = moment.astimezone(assumptions.ZONE).date()
    return day if close_of(day) > moment else next_day(day)


def close_missed_days(connection: Connection, now: datetime) -> None:
    """Close every day that business time has passed and that has something to settle.

    Runs in a transaction of its own under a lock, so two threads or processes cannot both close;
    the unique day stands behind that.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (SETTLE_LOCK,))
        while True:
            first, last = only_row(connection.execute(OPEN))
            if first is None:
                return
            day = closing_day_after(first)
            if last is not None and day <= last:
                day = next_day(last)
            at = close_of(day)
            if at > now:
                return
            connection.execute(CLOSE, {"at": at, "before": at, "day": day})


def settle_now(call: Call) -> Answer:
    """The manual close of everything pending, as terminal-capture networks have it."""
    with call.connection.transaction():
        call.connection.execute("SELECT pg_advisory_xact_lock(%s)", (SETTLE_LOCK,))
        # Everything made up to now, this very moment included.
        before = call.now + timedelta(microseconds=1)
        call.connection.execute(CLOSE, {"at": call.now, "before": before, "day": None})
    return done(175, "The batch was settled.")


class Calendar:
    """Lends business moments: while one is in use no daily close can pass it."""

    def __init__(self, database: Database, clock: SandboxClock) -> None:
        self._database = database
        self._clock = clock
        self._turn = threading.Condition()
        self._working = 0
        self._closing = False
        self._next_close = datetime.min.replace(tzinfo=UTC)

    @contextmanager
    def moment(self) -> Iterator[datetime]:
        """Now, with every close up to now done."""
        now = self._enter()
        try:
            yield now
        finally:
            with self._turn:
                self._working -= 1
                if not self._working:
                    self._turn.notify_all()

    def _enter(self) -> datetime:
        while True:
            with self._turn:
                while self._closing:
                    self._turn.wait()
                now = self._clock.now()
                if now < self._next_close:
                    self._working += 1
                    return now
                self._closing = True
                while self._working:
                    self._turn.wait()
            try:
                self._close(self._clock.now())
            finally:
                with self._turn:
                    self._closing = False
                    self._turn.notify_all()

    def _close(self, now: datetime) -> None:
        with self._database.connection() as connection:
            close_missed_days(connection, now)
        self._next_close = close_of(closing_day_after(now))

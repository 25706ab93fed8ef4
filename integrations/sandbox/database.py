"""The simulators' state: a few PostgreSQL connections, shared by their threads."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

Connection = psycopg.Connection[tuple[Any, ...]]


class DatabaseAway(Exception):
    """PostgreSQL does not answer; the outcome of the statement under way is not known."""


def only_row(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The row of a statement that always has one."""
    row = cursor.fetchone()
    if row is None:
        raise LookupError("The statement answered no row.")
    return row


class Database:
    """Autocommit connections, lent one at a time; a broken one is thrown away."""

    def __init__(self, url: str, size: int = 16) -> None:
        self._url = url
        self._idle: deque[Connection] = deque()
        self._free = threading.BoundedSemaphore(size)

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection. Raises DatabaseAway when PostgreSQL is not there or goes away."""
        with self._free:
            connection = self._take()
            try:
                yield connection
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                connection.close()
                # A restarted server has broken the idle ones too.
                self.close()
                raise DatabaseAway(str(error)) from error
            except BaseException:
                self._give_back(connection)
                raise
            self._give_back(connection)

    def wait(self, seconds: float) -> None:
        """Return once PostgreSQL answers; raises DatabaseAway after `seconds`."""
        until = time.monotonic() + seconds
        while True:
            try:
                with self.connection() as connection:
                    connection.execute("SELECT 1")
                return
            except DatabaseAway:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def close(self) -> None:
        """Close every idle connection."""
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _give_back(self, connection: Connection) -> None:
        if connection.info.transaction_status == TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _take(self) -> Connection:
        with contextlib.suppress(IndexError):  # none idle: open one more
            return self._idle.pop()
        try:
            return psycopg.connect(
                self._url, autocommit=True, connect_timeout=3, options="-c timezone=UTC"
            )
        except psycopg.OperationalError as error:
            raise DatabaseAway(str(error)) from error

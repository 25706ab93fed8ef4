"""Advisory locks of PostgreSQL by name: one worker at a time for a drain and its object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import connection


class LockLostError(RuntimeError):
    """The session that held a lock ended while work under the lock went on in another one."""


def lock_number(name: str) -> int:
    """A stable signed 64-bit number of a lock's name."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """Hold a lock across transactions; yields False when another session holds it.

    PostgreSQL gives the lock back when the session ends, however its process died: who gets the
    lock knows that nobody else is at this work. Raises LockLostError at the end when Django has
    opened another session meanwhile: whoever works in a loop has to stop there.
    """
    number = lock_number(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        (got,) = cursor.fetchone() or (False,)
    if not got:
        yield False
        return
    session = connection.connection
    try:
        yield True
    finally:
        is_same = connection.connection is session
        if is_same and session is not None and not session.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
    if not is_same:
        raise LockLostError(f"The database session that held the lock {name} has ended.")


def transaction_lock(name: str) -> None:
    """Wait for a lock and hold it to the end of the current transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(name)])


def try_transaction_lock(name: str) -> bool:
    """Take a lock to the end of the current transaction, unless another session holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(name)])
        (got,) = cursor.fetchone() or (False,)
    return bool(got)


def is_held(name: str) -> bool:
    """Whether any session of this database holds the lock, asked without touching it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted"
            " AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = %s)",
            [lock_number(name)],
        )
        (held,) = cursor.fetchone() or (False,)
    return bool(held)

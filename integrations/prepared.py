"""Statements that each session prepares once: run by a kept cursor, or by libpq itself."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

#: What a value's format may be; as binary a text is its UTF-8, which may hold any byte.
AS_TEXT: Final = 0
AS_BINARY: Final = 1
# psycopg forgets all prepared statements of a session after a ROLLBACK, and the server with it.
_FORGOTTEN: Final = b"26000"
_THERE_ALREADY: Final = b"42P05"
_DONE: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
_IN_TRANSACTION: Final = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})


_PREPARE_AFTER: Final = 5


class _Kept(threading.local):
    """The session for which this thread has prepared it."""

    session: psycopg.Connection[Any] | None = None


class _KeptCursor(threading.local):
    """A thread's cursor: making one costs as much as sending a row."""

    cursor: psycopg.Cursor[Any] | None = None


_kept_cursor = _KeptCursor()


def preparing_cursor(database: BaseDatabaseWrapper) -> psycopg.Cursor[Any]:
    """A cursor of the thread's open session that prepares what is executed with `prepare=True`."""
    session: psycopg.Connection[Any] = database.connection
    found = _kept_cursor.cursor
    if found is None or found.connection is not session:
        if session.prepare_threshold is None:
            # Django turns preparing off because a pooler may stand between; docs/operations.md
            # rules that out, since locks belong to sessions here.
            session.prepare_threshold = _PREPARE_AFTER
        found = _kept_cursor.cursor = psycopg.Cursor(session)
    return found


class Prepared:
    """A statement with $1, $2 …, and the format of each value, run by libpq itself.

    A cursor guesses types, adapts each value and waits in Python: a good part of what storing a
    webhook costs. Here values come as bytes, in the format that the statement's types ask for.
    No transaction is begun for it: it is committed when it returns.
    """

    def __init__(self, name: str, statement: str, formats: Sequence[int]) -> None:
        self._name = name.encode()
        self._statement = statement.encode()
        self._formats = tuple(formats)
        self._kept = _Kept()

    def first(self, session: psycopg.Connection[Any], values: Sequence[bytes]) -> bytes | None:
        """Run it: the first column of its first row as text, None without a row.

        Raises psycopg's errors, OperationalError when the session is gone.
        """
        wire = session.pgconn
        if wire.transaction_status in _IN_TRANSACTION:
            raise psycopg.ProgrammingError("This statement is for sessions without a transaction.")
        if self._kept.session is not session:
            self._prepare(session)
        result = wire.exec_prepared(self._name, values, self._formats)
        if result.status not in _DONE and _state(result) == _FORGOTTEN:
            self._prepare(session)
            result = wire.exec_prepared(self._name, values, self._formats)
        if result.status not in _DONE:
            raise _error(session, result)
        return result.get_value(0, 0) if result.ntuples else None

    def _prepare(self, session: psycopg.Connection[Any]) -> None:
        result = session.pgconn.prepare(self._name, self._statement)
        if result.status not in _DONE and _state(result) != _THERE_ALREADY:
            raise _error(session, result)
        self._kept.session = session


def _state(result: PGresult) -> bytes | None:
    return result.error_field(DiagnosticField.SQLSTATE)


def _error(session: psycopg.Connection[Any], result: PGresult) -> psycopg.Error:
    encoding = session.info.encoding
    if session.closed:
        said = result.get_error_message(encoding)
        return psycopg.OperationalError(f"The database session is gone: {said}")
    return psycopg.errors.error_from_result(result, encoding)

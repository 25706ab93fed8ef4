"""The one statement that stores an envelope: in a transaction, or by itself and committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper

from integrations.prepared import AS_BINARY, AS_TEXT, Prepared, preparing_cursor

#: The columns that `insert` and `insert_alone` are given, in this order.
COLUMNS: Final = (
    "connection_id", "source", "kind", "name", "identity", "received_at", "business_at",
    "headers", "context", "key_id", "body", "size", "original_hash", "guard_findings",
)  # fmt: skip
_INSERT: Final = """
    INSERT INTO integrations_envelope ({columns}, state, problem)
    VALUES ({values}, 'received', '')
    ON CONFLICT (connection_id, kind, identity) DO NOTHING
    RETURNING id
"""
_IN_TRANSACTION: Final = _INSERT.format(
    columns=", ".join(COLUMNS),
    values=", ".join("%b" if name == "body" else "%s" for name in COLUMNS),
)
# Texts go as binary: a zero byte in one is refused by the server, where as text it would end it.
_AS_TEXT: Final = {
    "connection_id", "received_at", "business_at", "headers", "context", "size", "guard_findings",
}  # fmt: skip
_ALONE: Final = Prepared(
    "tieout_envelope",
    _INSERT.format(
        columns=", ".join(COLUMNS),
        values=", ".join(f"${number}" for number, _ in enumerate(COLUMNS, 1)),
    ),
    [AS_TEXT if name in _AS_TEXT else AS_BINARY for name in COLUMNS],
)


def insert(database: BaseDatabaseWrapper, values: Sequence[Any]) -> int | None:
    """The new row's id, None when its identity is taken; committed with the caller's transaction.

    Below Django's cursor, prepared: that halves what the database does for it.
    """
    database.ensure_connection()
    with database.wrap_database_errors:
        row = preparing_cursor(database).execute(_IN_TRANSACTION, values, prepare=True).fetchone()
    return int(row[0]) if row else None


def insert_alone(database: BaseDatabaseWrapper, values: Sequence[Any]) -> int | None:
    """As `insert`, outside any transaction: one round trip, and committed when it returns."""
    database.ensure_connection()
    with database.wrap_database_errors:
        found = _ALONE.first(
            database.connection,
            [one if isinstance(one, bytes) else str(one).encode() for one in values],
        )
    return int(found) if found else None

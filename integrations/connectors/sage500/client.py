"""Sage 500's database: connections, time limits and the one way to call a wrapper procedure.

Autocommit everywhere: a procedure's own transaction is the document's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Select,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from integrations.connectors.sage500.builder import Call
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.errors import fault_of
from integrations.redactor import Redactor

POOL_SIZE = 2
CONNECT_SECONDS = 10


class Sage500Client:
    """Owns the engine. Reads raise TransientError, AuthError or ConfigError.

    What a failed call means is the caller's to judge.
    """

    def __init__(self, settings: Sage500Settings, engine: Engine | None = None) -> None:
        url = settings.database()
        self.redactor = Redactor([settings.url, url.password or ""])
        self._schema = settings.wrapper_schema
        self._engine = engine if engine is not None else _engine(settings)

    def __repr__(self) -> str:
        return f"Sage500Client({self._engine.dialect.name!r})"

    @property
    def is_sql_server(self) -> bool:
        return self._engine.dialect.name == "mssql"

    def close(self) -> None:
        self._engine.dispose()

    def words(self, error: BaseException) -> str:
        """The driver's own first line, without secrets, parameters or the statement."""
        source = error.orig if isinstance(error, DBAPIError) and error.orig else error
        lines = self.redactor.clean(str(source)).strip().splitlines() or [type(source).__name__]
        return lines[0][:200]

    @contextmanager
    def reading(self, *, consistent: bool = False) -> Iterator[Connection]:
        """A connection for reads; `consistent` gives all of them one snapshot on PostgreSQL.

        SQL Server has no such level that every database allows, so there the order of the reads
        has to make them safe.
        """
        try:
            with self._engine.connect() as connection:
                if consistent and self._engine.dialect.name == "postgresql":
                    connection.execution_options(
                        isolation_level="REPEATABLE READ", postgresql_readonly=True
                    )
                yield connection
        except SQLAlchemyError as error:
            raise fault_of(error, f"Sage 500 cannot be read: {self.words(error)}") from None

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self.reading() as connection:
            return connection.execute(query).all()

    def connect(self) -> Connection:
        """A live connection for calls (the pool has tried it). Raises SQLAlchemyError."""
        return self._engine.connect()

    def call(self, connection: Connection, call: Call) -> dict[str, Any]:
        """Call a wrapper procedure; its results by name. Raises SQLAlchemyError."""
        result: CursorResult[Any] = connection.execute(self.statement(call), dict(call.values))
        names = [name for name, _ in call.results]
        return dict(zip(names, result.one(), strict=True))

    def statement(self, call: Call) -> Executable:
        """CALL with nulls for the results, or for SQL Server EXEC with variables of their own."""
        return text(
            exec_text(self._schema, call) if self.is_sql_server else call_text(self._schema, call)
        )


def call_text(schema: str, call: Call) -> str:
    given = [f":{name}" for name in call.values]
    return (
        f'CALL {schema}."{call.procedure}"({", ".join([*given, *(["NULL"] * len(call.results))])})'
    )


def exec_text(schema: str, call: Call) -> str:
    declared = ", ".join(f"@{name} {kind}" for name, kind in call.results)
    given = [f"@{name} = :{name}" for name in call.values]
    taken = [f"@{name} = @{name} OUTPUT" for name, _ in call.results]
    shown = ", ".join(f"@{name} AS {name}" for name, _ in call.results)
    return (
        f"SET NOCOUNT ON; DECLARE {declared}; "
        f"EXEC {schema}.{call.procedure} {', '.join([*given, *taken])}; SELECT {shown}"
    )


def _engine(settings: Sage500Settings) -> Engine:
    url = settings.database()
    milliseconds = settings.statement_seconds * 1000
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        arguments = {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "tieout",
            # A server that is gone without a word is noticed, not waited for.
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": milliseconds,
            # A user named like the wrappers' schema would look for Sage's tables in it first.
            "options": "-c timezone=UTC -c search_path=public"
            f" -c statement_timeout={milliseconds} -c lock_timeout={milliseconds // 2}",
        }
    engine = create_engine(
        url,
        connect_args=arguments,
        isolation_level="AUTOCOMMIT",
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
    )
    if url.get_backend_name() == "mssql":
        event.listen(engine, "connect", _limit_locks(milliseconds // 2))
    return engine


def _limit_locks(milliseconds: int) -> Any:
    """SQL Server waits for ever unless the session says otherwise."""

    def on_connect(dbapi_connection: Any, _record: object) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute(f"SET LOCK_TIMEOUT {milliseconds}")
        cursor.close()

    return on_connect

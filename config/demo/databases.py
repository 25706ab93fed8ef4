"""The three databases of a run: the hub's and those of the two simulated vendors.

A database that holds anything else than a demo is never touched.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from audit import heads
from config.demo.errors import DemoError
from config.embedded import Server, ensure_running

MARKER = "tieout_demo"
TRIES = 5
VENDORS = ("paytrace", "sage500")

ANYTHING = """
    SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname <> 'information_schema'
        AND nspname NOT LIKE 'pg\\_%' LIMIT 1
"""
SCHEMAS = """
    SELECT nspname FROM pg_namespace
    WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
"""

OTHER_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user
        AND application_name <> 'tieout-demo-at-work'
"""
#: Held by a demo at work on a database that other runs could name as well.
AT_WORK = "tieout-demo-at-work"
AT_WORK_LOCK = 7_300_003


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses, and what the hub's processes are told of its own."""

    hub: str
    paytrace: str
    sage500: str
    environment: Mapping[str, str]

    @property
    def all(self) -> tuple[str, str, str]:
        return self.hub, self.paytrace, self.sage500


def addresses(run: str, home: Path, database_url: str) -> Databases:
    """Pure: nothing is started or asked. database_url: DATABASE_URL, empty for the embedded one."""
    if database_url:
        hub, environment = database_url, {"DATABASE_URL": database_url}
    else:
        name = f"tieout_{run}"
        hub, environment = Server(home).url(name), {"TIEOUT_DATABASE_NAME": name}
    paytrace, sage500 = (with_suffix(hub, f"_{vendor}") for vendor in VENDORS)
    return Databases(hub, paytrace, sage500, environment)


def with_suffix(url: str, suffix: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{quote(_name(url) + suffix)}"))


def place(url: str) -> str:
    """Which database an address means: without user and password. "" for the embedded one."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return f"{where}{parts.path}{f'?{parts.query}' if parts.query else ''}"


def prepare(databases: Databases, home: Path, database_url: str, *, anew: bool) -> None:
    """All three are there, marked, and empty when `anew`. Raises DemoError."""
    for attempt in range(TRIES):
        try:
            if not database_url:
                ensure_running(home)
            _prepare_all(databases, _maintenance(home, database_url), anew=anew)
            if anew:
                _forget_heads(databases)
            return
        except psycopg.errors.InsufficientPrivilege as error:
            raise _may_not(databases, error) from error
        except psycopg.OperationalError as error:
            # The embedded server may be killed at any moment, and is then started again.
            if database_url or attempt == TRIES - 1:
                raise DemoError(f"The database cannot be reached: {error}") from error


def _may_not(databases: Databases, error: psycopg.Error) -> DemoError:
    names = ", ".join(map(_name, databases.all))
    return DemoError(
        f"The demo needs three databases of its own, {names}, and the user of DATABASE_URL has to"
        f" be allowed to make them, or to own them: {error}"
    )


def _prepare_all(databases: Databases, maintenance: str, *, anew: bool) -> None:
    for url in databases.all:
        _prepare_one(url, maintenance=maintenance, anew=anew)
    # What a vendor's simulator commits need not wait for the disk: everything that depends on it is
    # committed by the hub, later in the same log and waiting for it.
    for url in (databases.paytrace, databases.sage500):
        with _connect(url) as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(
                    sql.Identifier(_name(url))
                )
            )


@contextmanager
def alone(databases: Databases, database_url: str) -> Iterator[None]:
    """One demo at a time for the database of DATABASE_URL, whatever its run is called.

    The embedded server has databases of their own for each run. Raises DemoError.
    """
    if not database_url:
        yield
        return
    try:
        session = psycopg.connect(
            databases.hub, autocommit=True, connect_timeout=10, application_name=AT_WORK
        )
    except psycopg.OperationalError as error:
        raise DemoError(f"The database cannot be reached: {error}") from error
    with session:
        row = session.execute("SELECT pg_try_advisory_lock(%s)", (AT_WORK_LOCK,)).fetchone()
        if row != (True,):
            raise DemoError(
                f"A demo is at work on the database {_name(databases.hub)}; stop it first, or name"
                " another database."
            )
        yield


def drop(databases: Databases, home: Path, database_url: str) -> None:
    """Forget a run's data. With DATABASE_URL the databases stay and are emptied."""
    if not database_url:
        ensure_running(home)
    for url in databases.all:
        if _exists(url, _maintenance(home, database_url)):
            _refuse_others(url)
            if database_url:
                _wipe(url)
            else:
                Server(home).drop_database(_name(url))
    _forget_heads(databases)


def _forget_heads(databases: Databases) -> None:
    """Heads of an audit log that is gone on purpose would say of the next one that it was cut."""
    heads.forget(_name(databases.hub))


def others_at_work(databases: Databases, home: Path) -> bool:
    """Whether anybody is connected to another database of the embedded server, if it answers."""
    query = (
        "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid <> pg_backend_pid() AND datname <> ALL(%s) LIMIT 1"
    )
    try:
        with Server(home).connect() as connection:
            found = connection.execute(query, ([_name(url) for url in databases.all],))
            return found.fetchone() is not None
    except psycopg.OperationalError:
        return False


def _prepare_one(url: str, *, maintenance: str, anew: bool) -> None:
    if not _exists(url, maintenance):
        with _connect(maintenance) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_name(url))))
    _refuse_others(url)
    if anew:
        _wipe(url)
    with _connect(url) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute(f"CREATE TABLE IF NOT EXISTS {MARKER} (made_at timestamptz)")


def _refuse_others(url: str) -> None:
    with _connect(url) as connection:
        marked = connection.execute("SELECT to_regclass(%s)", (f"public.{MARKER}",)).fetchone()
        if connection.execute(ANYTHING).fetchone() and (marked is None or marked[0] is None):
            raise DemoError(
                f"The database {_name(url)} holds something other than a demo, so the demo leaves"
                " it alone; name an empty database, or unset DATABASE_URL."
            )


def _wipe(url: str) -> None:
    with _connect(url) as connection, connection.transaction():
        connection.execute("SET LOCAL client_min_messages = warning")
        connection.execute(OTHER_SESSIONS)
        for (schema,) in connection.execute(SCHEMAS).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        connection.execute("CREATE SCHEMA public")
        # In one transaction: killed in between, the next start must not find an unmarked database.
        connection.execute(f"CREATE TABLE {MARKER} (made_at timestamptz)")


def _exists(url: str, maintenance: str) -> bool:
    with _connect(maintenance) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, (_name(url),)).fetchone() is not None


def _maintenance(home: Path, database_url: str) -> str:
    return database_url or Server(home).url("postgres")


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))

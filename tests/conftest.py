import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from config.embedded import Server, ensure_running, stop
from tests.settings import HOME

NO_BROWSER = "no browser: install Debian's package chromium to run the browser tests"
RUNNING = pytest.StashKey[IO[str]]()
#: The browser asks nobody anything but the page under test.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A busy machine is no finding: what a test looks for is in what it asserts.
hypothesis_settings.register_profile(
    "tieout", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("tieout")


def pytest_configure(config: pytest.Config) -> None:
    """Each run holds a shared lock, so that the last one of this checkout stops the server."""
    if not hasattr(config, "workerinput"):
        HOME.mkdir(parents=True, exist_ok=True)
        config.stash[RUNNING] = handle = (HOME / "runs.lock").open("a")
        fcntl.flock(handle, fcntl.LOCK_SH)


def pytest_unconfigure(config: pytest.Config) -> None:
    handle = config.stash.get(RUNNING, None)
    if handle is None:
        return
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another run is at work
        drop_left_overs(Server(HOME))
        stop(HOME)


def drop_left_overs(server: Server) -> None:
    """Databases of runs that were killed."""
    if not server.answers():
        return
    with server.connect() as session:
        query = r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_tieout\_%'"
        names = [name for (name,) in session.execute(query)]
    for name in names:
        server.drop_database(name)


def find_browser() -> str | None:
    """The path of an installed Chromium, the system's before playwright's own download."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.skip(NO_BROWSER)
    # playwright's synchronous interface runs an event loop in this thread, in which Django
    # would refuse every query of a test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        started = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_BROWSER in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", yellow=True)
        terminalreporter.line(f"{count} tests did not run: {NO_BROWSER}.")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """A test server need not outlive the machine: removing a database waits for no disk then."""
    with ensure_running(HOME).connect() as session:
        for name in ("fsync", "full_page_writes"):
            session.execute(f"ALTER SYSTEM SET {name} = off")
        session.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Lets tests empty the database: history tables refuse TRUNCATE, with which that is done."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE tgname = 'append_only_truncate'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER append_only_truncate')

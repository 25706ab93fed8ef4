import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import EmbeddedServerError, Server, ensure_running, stop
from config.embedded.backend.base import DatabaseWrapper, embedded_database

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tieout-test-") as folder:
        home = Path(folder) / "home"
        home.parent.chmod(0o755)
        yield home
        stop(home)
        shutil.rmtree(Server(home).socket, ignore_errors=True)


def pid_of(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def kill(server: Server) -> None:
    os.kill(pid_of(server), signal.SIGKILL)


def test_it_starts_and_makes_the_database_that_is_asked_for(home):
    server = ensure_running(home)
    server.ensure_database("books")
    server.ensure_database("books")
    with server.connect("books") as connection:
        row = connection.execute("SELECT current_database(), current_setting('timezone')")
        assert row.fetchone() == ("books", "UTC")
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_a_database_is_dropped_although_somebody_is_connected(home):
    server = ensure_running(home)
    server.ensure_database("books")
    with server.connect("books"):
        server.drop_database("books")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        server.connect("books")


def test_it_never_runs_as_root_and_keeps_its_folders_closed(home):
    server = ensure_running(home)
    assert server.data.stat().st_uid != 0
    assert {each.stat().st_mode & 0o777 for each in (server.data, server.socket)} == {0o700}
    assert len(os.fsencode(server.socket / ".s.PGSQL.5432.lock")) < 107


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others cannot pass")
def test_root_can_keep_it_below_a_folder_that_is_closed_to_others(home):
    home.parent.chmod(0o700)
    server = ensure_running(home)
    assert server.answers()
    assert home.parent.stat().st_mode & 0o777 == 0o700
    stop(home)


def test_after_a_kill_the_next_call_starts_it_with_its_rows(home):
    server = ensure_running(home)
    server.ensure_database("books")
    with server.connect("books") as connection:
        connection.execute("CREATE TABLE line AS SELECT 1 AS cent")
    kill(server)
    ensure_running(home)
    with server.connect("books") as connection:
        assert connection.execute("SELECT cent FROM line").fetchone() == (1,)


def test_after_a_kill_no_session_of_the_dead_server_lives_beside_the_new_one(home):
    server = ensure_running(home)
    with pytest.raises(psycopg.OperationalError), server.connect() as busy:
        kill(server)
        ensure_running(home)
        busy.execute("SELECT 1")


def test_a_stale_pid_file_and_socket_lock_do_not_hold_it_up(home):
    server = ensure_running(home)
    for somebody_elses in (str(os.getpid()), "999999999", "", "no number"):
        stop(home)
        (server.data / "postmaster.pid").write_text(somebody_elses)
        (server.socket / ".s.PGSQL.5432.lock").write_text(somebody_elses)
        assert ensure_running(home).answers()
        assert pid_of(server) != os.getpid()


def test_a_cut_initialisation_is_begun_anew(home):
    half = Server(home).folder / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert ensure_running(home).answers()


def test_a_locale_that_is_not_installed_does_not_stop_it(home, monkeypatch):
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    monkeypatch.setenv("PGPORT", "1")
    server = Server(home)
    monkeypatch.delenv("PGPORT")
    assert ensure_running(home) == server


def test_an_emptied_socket_folder_is_noticed(home, monkeypatch):
    monkeypatch.setattr("config.embedded.server.SOCKET_SECONDS", 0)
    server = ensure_running(home)
    shutil.rmtree(server.socket)
    time.sleep(0.1)
    assert ensure_running(home).answers()


def test_a_socket_folder_of_somebody_else_is_refused(home):
    server = Server(home)
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    server.socket.symlink_to(elsewhere)
    try:
        with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
            ensure_running(home)
    finally:
        server.socket.unlink()


def test_processes_that_start_it_together_get_one_server(home):
    code = (
        "import sys; from pathlib import Path; from config.embedded import ensure_running;"
        "server = ensure_running(Path(sys.argv[1])); server.ensure_database('books');"
        "print((server.data / 'postmaster.pid').read_text().split()[0])"
    )
    command = [sys.executable, "-c", code, str(home)]
    started = [
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    printed = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert printed == [str(pid_of(Server(home)))] * 4


def test_stop_ends_it_and_may_be_called_twice(home):
    server = ensure_running(home)
    stop(home)
    assert not server.answers()
    stop(home)


def test_a_folder_that_cannot_be_used_is_named_in_a_sentence(home):
    home.parent.joinpath("home").write_text("a file stands here")
    with pytest.raises(EmbeddedServerError, match="cannot be used.*TIEOUT_HOME"):
        ensure_running(home)
    home.unlink()


def test_a_server_that_does_not_start_says_what_its_log_says(home, monkeypatch):
    monkeypatch.setattr("config.embedded.server.SETTINGS", {"max_connections": "none"})
    with pytest.raises(EmbeddedServerError, match=r"does not start.*max_connections"):
        ensure_running(home)


@pytest.fixture
def connection(home: Path, django_db_blocker) -> Iterator[DatabaseWrapper]:
    django = {"TIME_ZONE": None, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": None, "OPTIONS": {}}
    rest = {"PASSWORD": "", "PORT": "", "AUTOCOMMIT": True, "ATOMIC_REQUESTS": False}
    with django_db_blocker.unblock():
        made = DatabaseWrapper({**embedded_database(home, "books"), **django, **rest}, "extra")
        yield made
        made.close()


def test_the_database_backend_starts_nothing_before_the_first_query(home, connection):
    assert not home.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == ("books",)


def test_the_database_backend_starts_a_killed_server_again(home, connection):
    connection.ensure_connection()
    kill(Server(home))
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_kept_connection_notices_the_kill_at_the_next_request(home, connection):
    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid)
    kill(Server(home))
    backend.wait(timeout=10)  # an orphaned backend still answers until it sees its parent gone
    connection.health_check_done = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)

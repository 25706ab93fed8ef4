"""The line to the ERP's database: requests and answers whole, or cut where the schedule says."""

import asyncio
import os
import threading
from concurrent.futures import Future

import psycopg
import pytest
from django.conf import settings

from config.embedded import ensure_running
from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.schedule import Fault
from integrations.sandbox.sage500.gate import Gate, address_of


@pytest.fixture
def database_url():
    server = ensure_running(settings.TIEOUT_HOME)
    name = f"chaos_gate_{os.getpid()}"
    server.ensure_database(name)
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        connection.execute("CREATE TABLE document (n int)")
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def through(database_url):
    """Opens the line; answers how to connect through it."""
    opened, closing = Future(), Future()

    async def line():
        server = await Gate(database_url).serve(0)
        opened.set_result((server.sockets[0].getsockname()[1], asyncio.get_running_loop()))
        await asyncio.wrap_future(closing)

    thread = threading.Thread(target=lambda: asyncio.run(line()))

    def open_it(*faults):
        book.install(database_url, ["wire.connect", "wire.call"], faults)
        thread.start()
        port, _ = opened.result(10)
        name = database_url.rsplit("/", 1)[1].split("?")[0]
        url = f"postgresql://tieout@127.0.0.1:{port}/{name}"
        return lambda: psycopg.connect(url, autocommit=True)

    yield open_it
    closing.set_result(None)
    thread.join(10)


def documents(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM document").fetchone()[0]


def test_everything_passes_when_nothing_strikes(through, database_url):
    with through()() as connection:
        connection.execute("INSERT INTO document VALUES (1)")
        rows = connection.execute("SELECT n, repeat('x', 50000) FROM document").fetchall()
    assert [(n, len(text)) for n, text in rows] == [(1, 50000)]


@pytest.mark.parametrize(
    ("kind", "written"), [("cut_before", 0), ("cut_after", 1), ("cut_reply", 1), ("stall", 1)]
)
def test_a_request_has_arrived_or_not_and_its_answer_is_lost(through, database_url, kind, written):
    connect = through(Fault("wire.call", 1, kind))
    connection = connect()
    try:
        connection.execute("INSERT INTO document VALUES (%s)", [1])
        assert kind == "stall"
    except psycopg.OperationalError:
        assert kind != "stall"
    assert documents(database_url) == written
    with connect() as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("kind", ["refuse", "hang_up"])
def test_a_connection_is_refused_and_the_next_one_taken(through, kind):
    connect = through(Fault("wire.connect", 1, kind))
    with pytest.raises(psycopg.OperationalError):
        connect()
    with connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_address_may_be_a_folder_or_a_host():
    assert address_of("postgresql://u@/name?host=/run/pg") == ("/run/pg", 5432)
    assert address_of("postgresql://u@db.example:5433/name") == ("db.example", 5433)

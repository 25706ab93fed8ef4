"""The schedule in a database: counted by the database, laid down once, and told afterwards."""

import json
import os

import psycopg
import pytest
from django.conf import settings

from config.embedded import ensure_running
from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.schedule import Fault


@pytest.fixture
def database_url():
    server = ensure_running(settings.TIEOUT_HOME)
    name = f"chaos_book_{os.getpid()}"
    server.ensure_database(name)
    yield server.url(name)
    server.drop_database(name)


def struck_kinds(url, calls):
    with psycopg.connect(url, autocommit=True) as connection:
        return [book.strike(connection, "hook", f"call {n}") for n in range(calls)]


def test_the_scheduled_call_is_struck_and_no_other_one(database_url):
    book.install(database_url, ["hook"], [Fault("hook", 2, "twice"), Fault("hook", 5, "late")])
    assert struck_kinds(database_url, 3) == [None, "twice", None]
    assert struck_kinds(database_url, 3) == [None, "late", None]


def test_laying_it_down_again_changes_nothing(database_url):
    book.install(database_url, ["hook"], [Fault("hook", 2, "twice")])
    struck_kinds(database_url, 1)
    book.install(database_url, ["hook"], [Fault("hook", 1, "late")])
    assert struck_kinds(database_url, 1) == ["twice"]


def test_a_database_without_a_schedule_is_left_alone(database_url):
    with psycopg.connect(database_url) as connection:
        assert not book.is_on(connection)
    book.quieten(database_url)
    assert list(book.struck(database_url)) == []


def test_once_quiet_nothing_strikes_any_more(database_url):
    book.install(database_url, ["hook"], [Fault("hook", n, "late") for n in range(1, 9)])
    assert struck_kinds(database_url, 1) == ["late"]
    book.quieten(database_url)
    assert struck_kinds(database_url, 3) == [None, None, None]


def test_the_log_holds_what_struck_and_counts_it_by_class(database_url, tmp_path):
    book.install(database_url, ["hook"], [Fault("hook", 1, "late"), Fault("hook", 9, "late")])
    struck_kinds(database_url, 2)
    assert book.write_log(tmp_path / "faults.jsonl", [database_url]) == {"hook: late": 1}
    [line] = (tmp_path / "faults.jsonl").read_text().splitlines()
    assert json.loads(line)["note"] == "call 0"

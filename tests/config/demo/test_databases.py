import os
import uuid

import psycopg
import pytest
from django.conf import settings

from audit import heads
from config.demo import databases
from config.demo.databases import addresses, drop, prepare, with_suffix
from config.demo.errors import DemoError
from config.embedded import ensure_running

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'other')"


@pytest.fixture
def server():
    return ensure_running(settings.TIEOUT_HOME)


@pytest.fixture
def run(server):
    """A run of its own: name and databases."""
    name = f"t{os.getpid()}_{uuid.uuid4().hex[:8]}"
    made = addresses(name, settings.TIEOUT_HOME, "")
    yield made
    for suffix in ("", "_paytrace", "_sage500"):
        server.drop_database(f"tieout_{name}{suffix}")


def query(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


def make(run, **more):
    prepare(run, settings.TIEOUT_HOME, "", **({"anew": False} | more))


def test_a_run_has_three_databases_of_its_own(run):
    make(run)
    make(run)
    assert len(set(run.all)) == 3
    assert [query(url, TABLES) for url in run.all] == [[(1,)]] * 3


def test_a_run_begun_anew_finds_its_databases_empty(run):
    make(run)
    query(run.hub, "CREATE TABLE kept (); CREATE SCHEMA other; CREATE TABLE other.kept ()")
    make(run)
    assert query(run.hub, TABLES) == [(3,)]
    make(run, anew=True)
    assert query(run.hub, TABLES) == [(1,)]


@pytest.mark.parametrize("anew", [True, False])
def test_a_database_that_holds_anything_else_is_left_alone(run, server, anew):
    server.ensure_database(databases._name(run.hub))
    query(run.hub, "CREATE TABLE ledger ()")
    with pytest.raises(DemoError, match="holds something other than a demo"):
        make(run, anew=anew)
    with pytest.raises(DemoError, match="holds something other than a demo"):
        drop(run, settings.TIEOUT_HOME, "")
    assert query(run.hub, TABLES) == [(1,)]


def test_with_an_address_of_ones_own_the_vendors_stand_beside_it(run, server):
    server.ensure_database(databases._name(run.hub))
    given = addresses("ignored", settings.TIEOUT_HOME, run.hub)
    assert given.environment == {"DATABASE_URL": run.hub}
    assert given.all == run.all
    prepare(given, settings.TIEOUT_HOME, run.hub, anew=True)
    assert query(given.sage500, TABLES) == [(1,)]


def test_forgetting_removes_the_databases(run):
    make(run)
    drop(run, settings.TIEOUT_HOME, "")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        query(run.hub, "SELECT 1")


@pytest.mark.parametrize(("anew", "stays"), [(False, True), (True, False)])
def test_the_heads_of_an_audit_log_go_with_it(run, anew, stays):
    kept = heads.head_file(databases._name(run.hub))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("{}")
    make(run, anew=anew)
    assert kept.exists() is stays
    drop(run, settings.TIEOUT_HOME, "")
    assert not kept.exists()


def test_an_address_keeps_its_options_and_quoting():
    url = with_suffix("postgresql://me:p%40ss@host:5433/my%20books?sslmode=require", "_paytrace")
    assert url == "postgresql://me:p%40ss@host:5433/my%20books_paytrace?sslmode=require"


def test_a_server_that_is_not_there_is_named():
    nowhere = addresses("x", settings.TIEOUT_HOME, "postgresql://127.0.0.1:9/books")
    with pytest.raises(DemoError, match="The database cannot be reached"):
        prepare(nowhere, settings.TIEOUT_HOME, "postgresql://127.0.0.1:9/books", anew=False)


def test_a_server_that_is_killed_meanwhile_is_started_and_tried_again(run, monkeypatch):
    original, calls = databases._prepare_one, []

    def killed_once(*arguments, **named):
        calls.append(arguments)
        if len(calls) == 1:
            raise psycopg.OperationalError("the connection is lost")
        original(*arguments, **named)

    monkeypatch.setattr(databases, "_prepare_one", killed_once)
    make(run)
    assert len(calls) == 4


def test_a_server_that_does_not_answer_has_nobody_at_work(run, tmp_path):
    assert not databases.others_at_work(run, tmp_path)


def test_two_demos_do_not_share_a_database_that_was_given(run, server):
    server.ensure_database(databases._name(run.hub))
    given = addresses("one", settings.TIEOUT_HOME, run.hub)
    with (
        databases.alone(given, run.hub),
        pytest.raises(DemoError, match="A demo is at work on the database"),
        databases.alone(given, run.hub),
    ):
        raise AssertionError("unreachable")
    with databases.alone(given, run.hub):
        prepare(given, settings.TIEOUT_HOME, run.hub, anew=True)
        assert query(run.hub, TABLES) == [(1,)]


def test_an_address_that_nobody_answers_is_named_before_anything_is_done():
    nowhere = addresses("x", settings.TIEOUT_HOME, "postgresql://127.0.0.1:9/books")
    with (
        pytest.raises(DemoError, match="The database cannot be reached"),
        databases.alone(nowhere, nowhere.hub),
    ):
        raise AssertionError("unreachable")


def test_a_user_who_may_not_make_databases_is_told_which_are_needed(run, server):
    server.ensure_database(databases._name(run.hub))
    query(run.hub, "CREATE ROLE modest LOGIN")
    try:
        query(run.hub, "GRANT CREATE ON SCHEMA public TO modest")
        modest = run.hub.replace("//tieout@", "//modest@")
        given = addresses("ignored", settings.TIEOUT_HOME, modest)
        with pytest.raises(DemoError, match="needs three databases .*_sage500, and the user of"):
            prepare(given, settings.TIEOUT_HOME, modest, anew=False)
    finally:
        query(run.hub, "DROP OWNED BY modest")
        query(run.hub, "DROP ROLE modest")

import psycopg
import pytest
from django.db import connection

from integrations.prepared import AS_BINARY, AS_TEXT, Prepared

TABLE = "CREATE TEMPORARY TABLE line (number int UNIQUE, words text)"
STATEMENT = "INSERT INTO line VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING number"


@pytest.fixture
def session(transactional_db):
    params = connection.get_connection_params() | {"cursor_factory": None}
    with psycopg.connect(**params, autocommit=True) as found:
        found.execute(TABLE)
        yield found


@pytest.fixture
def line():
    return Prepared("line", STATEMENT, [AS_TEXT, AS_BINARY])


def test_a_row_is_stored_and_a_repeat_has_no_answer(session, line):
    assert [line.first(session, [b"7", words]) for words in (b"one", b"two")] == [b"7", None]
    assert session.execute("SELECT * FROM line").fetchall() == [(7, "one")]


def test_what_the_session_has_forgotten_is_prepared_again(session, line):
    line.first(session, [b"1", b"one"])
    session.execute("DEALLOCATE ALL")
    assert line.first(session, [b"2", b"two"]) == b"2"


def test_another_session_prepares_for_itself_and_twice_is_no_error(session, line):
    line.first(session, [b"1", b"one"])
    again = Prepared("line", STATEMENT, [AS_TEXT, AS_BINARY])
    assert again.first(session, [b"2", b"two"]) == b"2"


def test_a_transaction_is_refused(session, line):
    with session.transaction(), pytest.raises(psycopg.ProgrammingError, match="transaction"):
        line.first(session, [b"1", b"one"])
    line.first(session, [b"1", b"one"])
    with session.transaction(), pytest.raises(psycopg.ProgrammingError, match="transaction"):
        line.first(session, [b"2", b"two"])
    assert session.execute("SELECT count(*) FROM line").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ([b"x", b"one"], psycopg.errors.InvalidTextRepresentation),
        ([b"1", b"one\0two"], psycopg.errors.CharacterNotInRepertoire),
    ],
)
def test_what_the_database_refuses_is_named_and_nothing_is_stored(session, line, values, error):
    with pytest.raises(error):
        line.first(session, values)
    assert line.first(session, [b"1", b"one"]) == b"1"


def test_a_lost_session_is_an_operational_error(session, line):
    line.first(session, [b"1", b"one"])
    with psycopg.connect(session.info.dsn, password=session.info.password) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [session.info.backend_pid])
    with pytest.raises(psycopg.OperationalError, match="session is gone"):
        line.first(session, [b"2", b"two"])
    assert session.closed

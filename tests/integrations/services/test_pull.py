from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import (
    AuthError,
    ConfigError,
    RejectedError,
    ThrottledError,
    TransientError,
)
from integrations.models import Connection, Envelope, Pull
from integrations.services import circuit
from integrations.services import pull as pulls
from tests.builders import NOW, ConnectionFactory, PullFactory
from tests.clock import business_day
from tests.integrations.services.fakes import Source, put

__all__ = ["business_day"]
NOON_BEFORE = NOW - timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


@pytest.fixture
def source():
    connection = ConnectionFactory()
    PullFactory(connection=connection, through=None)
    return put(connection, Source([["one", "two"], ["three"], ["four"]]))


def names():
    return list(Envelope.objects.order_by("id").values_list("name", flat=True))


@pytest.mark.parametrize(
    ("moment", "every", "slot"),
    [
        ("10:14", 15, "10:00"),
        ("10:15", 15, "10:15"),
        ("23:59", 720, "12:00"),
        ("00:00", 7, "00:00"),
    ],
)
def test_slots_are_multiples_since_midnight(moment, every, slot):
    day = "2011-02-14T"
    at = datetime.fromisoformat(f"{day}{moment}:30+00:00")
    assert pulls.slot_of(at, every) == datetime.fromisoformat(f"{day}{slot}:00+00:00")


def test_a_slot_is_the_same_in_every_zone():
    pacific = NOW.astimezone(datetime.fromisoformat("2011-01-01T00:00:00-08:00").tzinfo)
    assert pulls.slot_of(pacific, 60) == pulls.slot_of(NOW, 60)


def test_back_off_grows_to_its_cap_with_jitter():
    for failures in range(1, 40):
        ceiling = min(timedelta(minutes=15), timedelta(seconds=1) * 2 ** (failures - 1))
        assert ceiling / 2 <= circuit.back_off(failures) <= ceiling


def test_a_stream_is_read_to_its_end_once_a_slot(source):
    assert (pulls.drain(), pulls.drain()) == (1, 0)
    assert names() == ["one", "two", "three", "four"]
    pull = Pull.objects.get()
    assert (pull.through, pull.failures) == (pulls.slot_of(NOW, pull.every_minutes), 0)


def test_a_crash_between_pages_repeats_none_and_loses_none(source):
    source.pages[1] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        pulls.drain()
    assert names() == ["one", "two"]
    source.pages[1] = ["three"]
    pulls.drain()
    assert source.fetched[-3:] == [("transactions", 1), ("transactions", 1), ("transactions", 2)]
    assert names() == ["one", "two", "three", "four"]


def test_a_crash_within_a_page_takes_its_cursor_back(source, monkeypatch):
    real = pulls.intake.receive

    def dies(connection, arrival):
        if arrival.name == "two":
            raise KeyboardInterrupt
        return real(connection, arrival)

    with monkeypatch.context() as patched:
        patched.setattr(pulls.intake, "receive", dies)
        with pytest.raises(KeyboardInterrupt):
            pulls.drain()
    assert (names(), Pull.objects.get().cursor) == ([], {})
    pulls.drain()
    assert names() == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    "error", [TransientError("away"), RejectedError("no"), ZeroDivisionError()]
)
def test_a_failure_backs_off_and_says_why(source, error):
    source.pages[1] = error
    assert (pulls.drain(), pulls.drain()) == (0, 0)
    pull = Pull.objects.get()
    assert (pull.failures, pull.cursor, pull.through) == (1, {"place": 1}, None)
    assert pull.problem
    assert pull.not_before > datetime.now(UTC)
    assert len(source.fetched) == 2


def test_what_came_before_a_failure_is_kept_and_back_off_begins_anew(source):
    Pull.objects.update(failures=9)
    source.pages[0] = ["one", TransientError("away")]
    assert pulls.drain() == 0
    pull = Pull.objects.get()
    assert names() == ["one"]
    assert (pull.failures, pull.through) == (1, None)
    assert pull.not_before < datetime.now(UTC) + timedelta(seconds=2)
    assert Connection.objects.get().failures_in_a_row == 1


def test_a_reading_that_stood_still_counts_for_the_slot_in_which_it_began(source):
    source.covers = NOON_BEFORE
    assert pulls.drain() == 1
    assert Pull.objects.get().through == pulls.slot_of(NOON_BEFORE, 15)
    source.covers = None
    assert (pulls.drain(), pulls.drain()) == (1, 0)
    assert Pull.objects.get().through == pulls.slot_of(NOW, 15)


def test_a_throttle_pauses_all_streams_of_the_connection(source):
    connection = Connection.objects.get()
    PullFactory(connection=connection, stream="batches", through=None)
    source.pages[0] = ThrottledError("slow down", retry_after=timedelta(minutes=7))
    assert pulls.drain() == 0
    assert source.fetched == [("transactions", 0)]
    connection.refresh_from_db()
    assert connection.paused_until > datetime.now(UTC) + timedelta(minutes=6)
    assert connection.pause_reason == "slow down"


@pytest.mark.parametrize("error", [AuthError("refused"), ConfigError("gap", setting="username")])
def test_refused_credentials_pause_the_connection(source, error):
    source.pages[0] = error
    pulls.drain()
    connection = Connection.objects.get()
    assert connection.paused_until > datetime.now(UTC)
    Pull.objects.update(not_before=None)
    assert pulls.drain() == 0
    assert len(source.fetched) == 1


def test_one_connections_failure_does_not_stop_another(source):
    source.pages[0] = TransientError("away")
    other = ConnectionFactory()
    PullFactory(connection=other, through=None)
    put(other, Source([["theirs"]]))
    assert pulls.drain() == 1
    assert names() == ["theirs"]


def test_a_connection_that_is_paused_by_a_person_is_not_asked(source):
    Connection.objects.update(state="paused")
    assert pulls.drain() == 0
    assert source.fetched == []


def test_a_good_reading_forgets_the_failures_before_it(source):
    Pull.objects.update(failures=5, problem="away", not_before=datetime.now(UTC))
    pulls.drain()
    pull = Pull.objects.get()
    assert (pull.failures, pull.problem, pull.not_before) == (0, "", None)

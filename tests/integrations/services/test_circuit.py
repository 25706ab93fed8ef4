from datetime import UTC, datetime, timedelta

import pytest

from audit.models import Entry
from integrations.errors import AuthError, ThrottledError, TransientError
from integrations.models import Alert, Connection, Posting
from integrations.services import circuit, posting
from integrations.services import pull as pulls
from tests.builders import ConnectionFactory, PullFactory
from tests.clock import business_day
from tests.integrations.services.fakes import Source, Target, put
from tests.integrations.services.owing import owe

__all__ = ["business_day"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
AWAY = TransientError("away")


@pytest.fixture
def erp():
    return ConnectionFactory(erp=True, open_after_failures=3)


def now(connection):
    return Connection.objects.get(pk=connection.pk)


def pass_the_pause():
    past = datetime.now(UTC) - timedelta(seconds=1)
    Connection.objects.exclude(paused_until=None).update(paused_until=past)
    Posting.objects.update(due_at=past)


def fail(connection, times=1, error=AWAY):
    for _ in range(times):
        circuit.failed(connection, error)


def actions():
    return [
        action.removeprefix("connection.circuit_")
        for action in Entry.objects.order_by("id").values_list("action", flat=True)
        if action.startswith("connection.circuit_")
    ]


def test_a_circuit_opens_after_so_many_failures_in_a_row(erp):
    fail(erp, 2)
    assert (now(erp).circuit, now(erp).paused_until) == ("closed", None)
    fail(erp)
    assert (now(erp).circuit, now(erp).pause_reason) == ("open", "away")
    assert now(erp).paused_until > datetime.now(UTC)
    assert actions() == ["open"]


def test_an_answer_in_between_starts_the_count_anew(erp):
    fail(erp, 2)
    circuit.answered(erp)
    fail(erp, 2)
    assert now(erp).circuit == "closed"


def test_nobody_asks_while_it_is_open_and_then_one_worker_tries(erp):
    fail(erp, 3)
    with circuit.asking(erp) as may_ask:
        assert not may_ask
    pass_the_pause()
    with circuit.asking(now(erp)) as first, circuit.asking(now(erp)) as second:
        assert (first, second) == (True, False)
        assert now(erp).circuit == "half_open"


def test_a_try_that_is_answered_closes_the_circuit(erp):
    fail(erp, 3)
    pass_the_pause()
    with circuit.asking(erp) as may_ask:
        assert may_ask
        circuit.answered(erp)
    assert (now(erp).circuit, now(erp).paused_until, now(erp).failures_in_a_row) == (
        "closed", None, 0,
    )  # fmt: skip
    assert actions() == ["open", "half_open", "closed"]


def test_a_try_that_fails_opens_it_for_longer_up_to_a_minute(erp):
    fail(erp, 3)
    for _ in range(12):
        pass_the_pause()
        with circuit.asking(erp) as may_ask:
            assert may_ask
            fail(erp)
    left = now(erp).paused_until - datetime.now(UTC)
    assert timedelta(seconds=25) < left <= timedelta(minutes=1)
    assert now(erp).circuit == "open"


def test_a_try_that_asked_nothing_is_given_back(erp):
    fail(erp, 3)
    pass_the_pause()
    with circuit.asking(erp):
        pass
    assert now(erp).circuit == "open"
    assert now(erp).paused_until < datetime.now(UTC) + timedelta(seconds=2)


def test_a_worker_that_died_while_trying_leaves_it_to_the_next(erp):
    fail(erp, 3)
    Connection.objects.update(circuit="half_open")
    pass_the_pause()
    with circuit.asking(erp) as may_ask:
        assert may_ask


def test_what_the_vendor_asked_for_outlasts_an_answer_that_was_under_way(erp):
    fail(erp, error=ThrottledError("slow", retry_after=timedelta(minutes=9)))
    circuit.answered(erp)
    assert now(erp).paused_until > datetime.now(UTC) + timedelta(minutes=8)
    fail(erp, error=ThrottledError("slow", retry_after=timedelta(minutes=2)))
    assert now(erp).paused_until > datetime.now(UTC) + timedelta(minutes=8)


def test_a_throttle_pauses_pulls_and_postings_and_is_no_outage():
    both = ConnectionFactory(open_after_failures=1)
    PullFactory(connection=both, through=None)
    source, target = put(both, Source([["one"]])), Target()
    source.pages[0] = ThrottledError("slow", retry_after=timedelta(minutes=9))
    assert pulls.drain() == 0
    put(both, target)
    owe(both)
    assert (posting.drain(), target.asked) == (0, [])
    assert (now(both).circuit, now(both).pause_reason) == ("closed", "slow")


def test_an_erp_that_is_away_costs_few_attempts_and_then_none(erp):
    target = put(erp, Target(answers=[AWAY] * 20))
    for number in range(5):
        owe(erp, f"k{number}")
    for _ in range(3):
        pass_the_pause()
        posting.drain()
    assert (now(erp).circuit, len(target.asked)) == ("open", 15)
    assert (posting.drain(), len(target.asked)) == (0, 15)
    pass_the_pause()
    posting.drain()
    assert len(target.asked) == 16  # one document is risked
    target.answers = []
    pass_the_pause()
    posting.drain()
    assert now(erp).circuit == "closed"
    assert set(Posting.objects.values_list("state", flat=True)) == {"entered"}


def test_an_answer_for_one_document_says_that_the_erp_is_there(erp):
    fail(erp, 2)
    put(erp, Target())
    owe(erp)
    posting.drain()
    assert now(erp).failures_in_a_row == 0


def test_refused_credentials_pause_for_longer_each_time(erp):
    waits = []
    for _ in range(12):
        Connection.objects.update(paused_until=None)
        fail(erp, error=AuthError("refused"))
        waits.append(now(erp).paused_until - datetime.now(UTC))
    assert timedelta(seconds=50) < waits[0] <= timedelta(minutes=1)
    assert timedelta(minutes=7) < waits[-1] <= timedelta(minutes=15)
    assert now(erp).circuit == "closed"


def told():
    return list(Alert.objects.order_by("id").values_list("kind", "state"))


def test_an_outage_is_one_alert_and_its_end_is_told(erp):
    fail(erp, 2)
    assert told() == []
    fail(erp, 5)
    assert told() == [("connection_down", "open")]
    circuit.answered(erp)
    assert told() == [("connection_down", "cleared")]


def test_refused_credentials_are_told_at_once_and_cleared_by_an_answer(erp):
    fail(erp, error=AuthError("refused"))
    assert told() == [("connection_auth", "open")]
    Connection.objects.update(paused_until=None)
    circuit.answered(erp)
    assert told() == [("connection_auth", "cleared")]


def test_a_connection_that_a_person_paused_is_not_asked(erp):
    Connection.objects.update(state="paused")
    with circuit.asking(erp) as may_ask:
        assert not may_ask

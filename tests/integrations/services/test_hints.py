from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import AuthError, RejectedError, ThrottledError, TransientError
from integrations.models import Connection, Envelope, Fact
from integrations.services import hints
from reconciliation.models import ExceptionItem
from reconciliation.services import held
from tests.builders import ConnectionFactory, EnvelopeFactory, FactFactory
from tests.integrations.services.fakes import Source, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    connection = ConnectionFactory()
    envelope = EnvelopeFactory(connection=connection, kind="hint", source="webhook")
    for vendor_id in ("1001", "1002"):
        FactFactory(
            envelope=envelope, kind="hint", vendor_id=vendor_id, end="received", ended_at=None
        )
    return put(connection, Source())


def test_a_hint_is_confirmed_by_the_vendors_own_read(source):
    assert (hints.drain(), hints.drain()) == (2, 0)
    assert source.fetched == [("id", "1001"), ("id", "1002")]
    assert list(Envelope.objects.filter(source="pull").values_list("name", flat=True)) == [
        "id 1001",
        "id 1002",
    ]
    assert set(Fact.objects.values_list("end", "rule")) == {("ignored", hints.RULE)}


def test_what_the_vendor_refuses_is_blocked_and_shown(source):
    source.by_id["1001"] = RejectedError("There is no such transaction.")
    assert hints.drain() == 2
    fact = Fact.objects.get(vendor_id="1001")
    assert (fact.end, fact.reason) == ("blocked", "There is no such transaction.")
    assert (held.drain(), held.drain()) == (1, 0)
    item = ExceptionItem.objects.get()
    assert (item.reason, item.fact) == ("hint_unconfirmed", fact)


@pytest.mark.parametrize("error", [TransientError("away"), AuthError("refused")])
def test_a_vendor_that_cannot_be_asked_is_asked_once_and_left_alone(source, error):
    source.by_id = {"1001": error, "1002": error}
    assert (hints.drain(), hints.drain()) == (0, 0)
    assert source.fetched == [("id", "1001")]
    assert Fact.objects.filter(end="received").count() == 2
    Connection.objects.update(paused_until=None)
    source.by_id = {}
    assert hints.drain() == 2


def test_a_throttle_is_obeyed(source):
    source.by_id["1001"] = ThrottledError("slow", retry_after=timedelta(minutes=9))
    hints.drain()
    assert Connection.objects.get().paused_until > datetime.now(UTC) + timedelta(minutes=8)


def test_a_hint_that_nobody_can_read_is_set_aside_and_stops_no_other(source):
    source.by_id["1001"] = ValueError("a bug")
    assert (hints.drain(), hints.drain()) == (2, 0)
    assert source.fetched == [("id", "1001"), ("id", "1002")]
    fact = Fact.objects.get(vendor_id="1001")
    assert (fact.end, "for a reason of our own" in fact.reason) == ("blocked", True)
    assert Connection.objects.get().paused_until is None

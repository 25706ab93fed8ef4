import base64
import hashlib
import hmac
import json

import pytest

from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.schedule import Fault
from integrations.sandbox.world import relay
from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.relay import Relay, Target, sign

from .conftest import SECRET, planned


@pytest.fixture
def stage(make_stage):
    return make_stage(planned(60))


def outbox(stage):
    """A relay with one announced payment, owed twice."""
    action = next(each for each in stage.plan.actions if each.announced)
    state = stage.state()
    state.finish_action(action, "410000007")
    state.connection.execute("UPDATE world.hint SET sends_left = 2")
    return Relay(state, Target(stage.hub.webhook_url, SECRET, "paytrace-test"))


def test_the_signature_is_that_of_standard_webhooks():
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = hmac.new(key, b"msg_1.1700000000.{}", hashlib.sha256).digest()
    assert sign(SECRET, "msg_1", 1700000000, b"{}") == "v1," + base64.b64encode(expected).decode()


def test_a_hint_goes_out_as_often_as_it_is_owed_under_one_id(stage):
    sender = outbox(stage)
    assert sender.flush() == 2
    assert sender.flush() == 0
    (first, body), (second, again) = stage.hub.hints
    assert first["webhook-id"] == second["webhook-id"]
    assert body == again
    assert json.loads(body) == {
        "connection": "paytrace-test",
        "kind": "transaction",
        "vendor_id": "410000007",
    }
    stamp = int(first["webhook-timestamp"])
    assert first["webhook-signature"] == sign(SECRET, first["webhook-id"], stamp, body)


def test_a_hub_that_refuses_is_asked_again(stage):
    stage.hub.refusals = 2
    assert outbox(stage).flush() == 2
    assert len(stage.hub.hints) == 2


def test_a_hub_that_never_takes_a_hint_ends_the_run_with_its_words(stage, monkeypatch):
    monkeypatch.setattr(relay, "PATIENCE", 0.3)
    stage.hub.refusals = 100
    with pytest.raises(WorldError, match="does not take the message msg_PO-.*503"):
        outbox(stage).flush()


def faulty(stage, kind):
    """A relay with one delivery owed, which meets the fault."""
    outbox(stage)
    state = stage.state()
    state.connection.execute("UPDATE world.hint SET sends_left = 1")
    book.install(stage.database_url, ["hook"], [Fault("hook", 1, kind)])
    target = Target(stage.hub.webhook_url, SECRET, "paytrace-test")
    return Relay(state, target, faulty=True)


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        ("skip", []),
        ("twice", ["", ""]),
        ("twice_new_id", ["again-", ""]),
        ("garbage", ["garbage-", ""]),
        ("late", []),
    ],
)
def test_a_bad_relay_delivers_otherwise_than_it_should(stage, kind, ids):
    faulty(stage, kind).flush()
    found = [headers["webhook-id"] for headers, _ in stage.hub.hints]
    assert [each.partition("msg_")[0] for each in found] == ids


def test_what_was_late_goes_out_with_the_next_ones(stage):
    sender = faulty(stage, "late")
    sender.flush()
    sender.flush()
    assert len(stage.hub.hints) == 1


@pytest.mark.parametrize("kind", ["bad_signature", "old_timestamp", "future_timestamp"])
def test_a_hub_that_takes_what_it_must_refuse_ends_the_run(stage, kind):
    with pytest.raises(WorldError, match=f"{kind} was answered 202"):
        faulty(stage, kind).flush()


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_a_relay_that_hangs_up_delivers_again(stage, kind):
    faulty(stage, kind).flush()
    headers, body = stage.hub.hints[-1]
    assert headers["webhook-id"].startswith("msg_")
    assert json.loads(body)["vendor_id"] == "410000007"

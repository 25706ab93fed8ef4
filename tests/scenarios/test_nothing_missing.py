"""What never came or was never read: recovered by itself, and the statement of the day is right."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from integrations.models import Alert, Connection, Envelope, Pull, PullReading
from reconciliation.models import ExceptionItem, GapReading, SettlementBatch, Transaction
from reconciliation.services import completeness, gaps
from tests.builders import ExceptionItemFactory, FactFactory
from tests.hub import FIRST_DAY, Hub
from tests.scenarios.test_vendors import announce


def state(hub: Hub, back: int = 1):
    gateway = Connection.objects.get(pk=hub.pair.gateway_id)
    return completeness.statement(gateway, hub.day - timedelta(days=back))


def ways(hub: Hub, day):
    gateway = Connection.objects.get(pk=hub.pair.gateway_id)
    return {" and ".join(names): count for names, count in completeness.known_by(gateway, day)}


@pytest.fixture
def traded(hub: Hub, client):
    """Three sales; two of them were announced, one announcement was never sent."""
    first_day = hub.day
    hub.invoice("536365", "1000.00")
    sales = [hub.sale(amount, "536365") for amount in ("10.00", "20.00", "30.00")]
    for number, sale in enumerate(sales[:2]):
        announce(client, sale, f"event-{number}")
    hub.run()
    hub.settle()
    hub.pass_days(1)
    return first_day


def test_a_skipped_announcement_is_known_by_the_poll_and_by_the_report(hub: Hub, traded):
    assert ways(hub, traded) == {
        "webhook and poll and batch report": 2, "poll and batch report": 1,
    }  # fmt: skip
    gateway = Connection.objects.get(pk=hub.pair.gateway_id)
    days = completeness.statements(gateway, traded, hub.day - timedelta(days=1))
    assert {day.state for day in days} == {"complete"}
    assert sum(day.events for day in days) == sum(day.accounted for day in days) >= 6


def test_a_missed_reading_is_made_good_by_the_next_one(hub: Hub, traded):
    found = state(hub, back=0)
    assert found.state == "under_way"
    polls = {row.stream: row for row in state(hub, back=1).polls}
    assert polls["transactions"].open == 0
    assert polls["transactions"].made_good > 0
    assert PullReading.objects.filter(pull__stream="transactions").count() >= 3


def test_a_gateway_that_is_not_read_leaves_its_day_incomplete(hub: Hub, traded):
    hub.pass_days(1)
    Pull.objects.update(through=hub.gateway.clock.now() - timedelta(days=2))
    found = state(hub)
    assert (found.state, found.open_polls > 0) == ("incomplete", True)
    assert "still to be made" in found.why[-1]


def lose(hub: Hub, vendor_id: str) -> None:
    """As if the gateway had never told of the transaction, in no way."""
    row = Transaction.objects.get(vendor_id=vendor_id)
    SettlementBatch.objects.filter(pk=row.batch_id).update(state="closed")
    Transaction.objects.filter(pk=row.pk).update(batch=None, batch_ref="", status="captured")


def test_a_batch_that_reports_more_than_is_here_is_read_again_by_itself(hub: Hub, traded):
    batch = hub.batch
    lost = batch.transactions.order_by("id").last()
    lose(hub, lost.vendor_id)
    SettlementBatch.objects.filter(pk=batch.pk).update(reported_count=4)
    found = state(hub, back=(hub.day - batch.closed_on).days)
    assert (found.missing, found.state) == (2, "incomplete")
    assert found.headline.startswith(f"{found.events - 2:,} of {found.events:,}")
    assert gaps.drain() == 1
    look = GapReading.objects.get()
    assert (look.cause, look.subject, look.documents) == ("batch_short", f"batch:{batch.pk}", 3)
    assert gaps.drain() == 0, "not again before its time"


def test_what_stays_missing_is_told_to_operations(hub: Hub, traded, monkeypatch):
    SettlementBatch.objects.filter(pk=hub.batch.pk).update(state="closed", reported_count=9)
    gaps.drain()
    assert not Alert.objects.filter(kind="facts_missing").exists()
    later = GapReading.objects.get().next_at
    monkeypatch.setattr(gaps, "wall_now", lambda: later)
    gaps.drain()
    assert Alert.objects.get(kind="facts_missing").state == "open"
    assert list(GapReading.objects.values_list("number", flat=True)) == [1, 2]


def test_a_refused_announcement_is_asked_for_again_and_its_exception_closes(hub: Hub, traded):
    gateway = Connection.objects.get(pk=hub.pair.gateway_id)
    envelope = Envelope.objects.filter(connection=gateway, kind="hint").first()
    sale = hub.sale("40.00", "536365")
    fact = FactFactory(envelope=envelope, position=99, kind="hint", vendor_id=sale, end="blocked")
    ExceptionItemFactory(
        connection=gateway, reason="hint_unconfirmed", fact=fact, subject=f"fact:{fact.pk}"
    )
    hub.run()
    assert hub.transaction(sale).amount == 40
    assert ExceptionItem.objects.get(fact=fact).state == "resolved"
    assert GapReading.objects.get(subject=f"transaction:{sale}").cause == "announced"


def test_the_command_states_the_day_and_ends_with_1_when_it_is_incomplete(hub: Hub, traded, capsys):
    call_command("nothing_missing", "--json")
    plain = json.loads(capsys.readouterr().out)
    assert (plain["state"], plain["accounted"]) == ("complete", plain["events"])
    SettlementBatch.objects.update(reported_count=7)
    with pytest.raises(SystemExit) as ended:
        call_command("nothing_missing", "--day", hub.batch.closed_on.isoformat())
    assert ended.value.code == 1
    assert "INCOMPLETE" in capsys.readouterr().out


def test_the_command_states_each_day_since_one(hub: Hub, traded, capsys):
    call_command("nothing_missing", "--since", FIRST_DAY.isoformat(), "--json")
    days = [json.loads(line)["day"] for line in capsys.readouterr().out.splitlines()]
    assert days == sorted(days)
    assert days[0] == FIRST_DAY.isoformat()
    assert len(days) == (hub.day - FIRST_DAY).days


@pytest.mark.parametrize("wrong", [("--day", "yesterday"), ("--connection", "nobody")])
def test_the_command_says_what_it_does_not_understand(hub: Hub, wrong):
    with pytest.raises(CommandError) as ended:
        call_command("nothing_missing", *wrong)
    assert ended.value.returncode == 2

"""Two charges for one invoice, the first of which is void: the second one pays it after all."""

from datetime import timedelta

import pytest

from integrations.errors import TransientError
from integrations.models import Posting, Pull
from integrations.sandbox.sage500 import faults as sage_faults
from reconciliation.models import ExceptionItem
from reconciliation.services import decide, freed_money
from tests.hub import Hub
from tests.scenarios.test_captured import read, sold, states, step

pytestmark = pytest.mark.at_capture


def next_hour(hub: Hub) -> None:
    hub.at(hub.gateway.clock.now() + timedelta(hours=1))


def crowded_out(hub: Hub, second: str = "100.00") -> str:
    """The second charge, on account: the void of the first one has just been decided."""
    Pull.objects.update(every_minutes=60)
    hub.invoice("536365", "100.00")
    first = sold(hub)
    charge = hub.sale(second, "536365")
    next_hour(hub)
    hub.run()
    hub.void(first)
    next_hour(hub)
    read(hub)
    decide.drain()
    return charge


def test_the_exception_says_that_the_money_waits_for_the_reversal(hub: Hub):
    crowded_out(hub)
    item = ExceptionItem.objects.get()
    assert (item.reason, item.state) == ("second_charge", "open")
    assert item.details["freed_by"] == Posting.objects.get(kind="reversal").key
    assert [note.action for note in item.notes.all()] == ["freed"]
    assert freed_money.drain() == 0
    hub.settle()
    item.refresh_from_db()
    assert (item.state, "freed_by" in item.details) == ("resolved", False)
    assert item.resolution.startswith("100.00 USD pays ")
    assert hub.balance("536365") == "0.00"


def test_a_payment_that_is_seen_settled_has_the_reversal_posted_before_its_own_batch(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.void(sold(hub))
    again = hub.sale("100.00", "536365")
    hub.at(hub.gateway.clock.now() + timedelta(hours=16))
    read(hub)
    decide.drain()
    reversal = Posting.objects.get(kind="reversal")
    receipt = Posting.objects.get(effect__transaction__vendor_id=again)
    assert (receipt.after, receipt.group_id == reversal.group_id) == (reversal.key, False)
    assert reversal.group.members.filter(kind="batch_post").exists()
    hub.settle()
    assert (hub.transaction(again).placement, hub.balance("536365")) == ("applied", "0.00")
    assert (hub.receipts(), hub.reasons()) == (["100.00"], [])


def test_what_is_more_than_the_invoice_stays_on_account(hub: Hub):
    crowded_out(hub, "120.00")
    hub.settle()
    item = ExceptionItem.objects.get()
    assert (item.state, str(item.amount), hub.balance("536365")) == ("open", "20.000", "0.00")
    assert "20.00 USD stays on account" in item.notes.last().text


def test_a_receipt_that_was_not_sent_yet_is_decided_anew(hub: Hub):
    Pull.objects.update(every_minutes=60)
    hub.invoice("536365", "100.00")
    first = sold(hub)
    hub.fault("CreateCashReceipt", "deadlock", left=50)
    second = hub.sale("100.00", "536365")
    next_hour(hub)
    step(hub)
    hub.void(first)
    next_hour(hub)
    step(hub)
    assert states("receipt")[1] == "cancelled"
    sage_faults.disarm(hub.sage_url)
    hub.run()
    assert (hub.transaction(second).placement, states("application")) == ("applied", [])
    hub.settle()
    assert (hub.balance("536365"), hub.receipts(), hub.reasons()) == ("0.00", ["100.00"], [])


def test_an_invoice_that_another_payment_has_taken_meanwhile_is_left_to_it(hub: Hub):
    second = crowded_out(hub)
    third = hub.sale("100.00", "536365")
    next_hour(hub)
    read(hub)
    decide.drain()
    hub.settle()
    assert hub.transaction(third).placement == "applied"
    assert (hub.transaction(second).placement, hub.reasons()) == ("on_account", ["second_charge"])
    assert "can take nothing" in ExceptionItem.objects.get().notes.last().text
    assert freed_money.drain() == 0


def test_an_erp_that_gives_no_answer_is_asked_again(hub: Hub, monkeypatch):
    crowded_out(hub)
    said = []

    def no_answer(*_):
        monkeypatch.undo()
        said.append("The ERP is away.")
        raise TransientError(said[0])

    monkeypatch.setattr(freed_money, "openings_of", no_answer)
    hub.settle()
    assert len(said) == 1
    assert (hub.reasons(), hub.balance("536365")) == ([], "0.00")


def test_one_that_breaks_is_set_aside_and_applied_when_it_is_tried_again(hub: Hub, monkeypatch):
    crowded_out(hub)
    with monkeypatch.context() as patch:
        patch.setattr(freed_money, "standing_receipt", lambda row: 1 / 0)
        hub.settle()
    assert hub.reasons() == ["second_charge", "set_aside"]
    assert "division by zero" in ExceptionItem.objects.get(reason="set_aside").message
    ExceptionItem.objects.filter(reason="set_aside").update(state="resolved")
    hub.run()
    assert (hub.reasons(), hub.balance("536365")) == ([], "0.00")

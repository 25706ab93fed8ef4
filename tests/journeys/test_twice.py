"""What comes twice: known at once, said plainly, posted once, and nobody has to do anything."""

import re

from tests.hub import Hub
from tests.journeys.people import Person, text_of
from tests.scenarios.test_vendors import announce


def envelopes_of(person: Person) -> str:
    """The pages of all envelopes."""
    shown = person.source("/envelopes/")
    return " | ".join(
        person.see(f"/envelopes/{pk}/") for pk in re.findall(r'id="row-(\d+)"', shown)
    )


def test_a_payment_that_is_told_twice_is_booked_once_and_said_to_be_a_duplicate(hub: Hub, client):
    auditor = Person("demo-auditor")
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    for event in ("event-1", "event-2"):
        assert announce(client, sale, event).status_code == 202
        hub.run()
    hub.settle()
    assert re.search(r"Duplicate of envelope \d+", envelopes_of(auditor))
    assert hub.receipts() == ["100.00"]
    assert "1 booked" in envelopes_of(auditor)


def test_a_receipt_that_the_erp_has_already_is_linked_and_is_no_exception(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.fault("CreateCashReceipt", "drop")
    hub.settle()
    said = finance.documents_of(sale)
    assert "looked up" in said or "Already" in said, said
    assert hub.receipts() == ["100.00"]
    assert "No exception" in finance.see("/exceptions/") or hub.reasons() == []


def test_what_has_been_posted_is_not_posted_again_by_whoever_presses(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    [posting] = {row["id"] for row in finance.json("postings") if row["kind"] == "receipt"}
    for _ in range(2):
        answer = finance.browser.post(f"/postings/{posting}/try-again/", follow=True)
        assert "posted" in text_of(answer).lower()
        hub.run()
    assert hub.receipts() == ["100.00"]


def test_a_second_charge_is_booked_and_a_warning_shows_both(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    second = hub.sale("100.00", "536365")
    hub.settle()
    item = finance.exception("second_charge")
    assert second in finance.see(f"/exceptions/{item}/")
    assert "on account" in finance.transaction(second)
    assert hub.receipts() == ["100.00", "100.00"]

"""A payment that looks unusual: flagged and posted, held and released, blocked and settled."""

import pytest

from tests.hub import FIRST_DAY, Hub
from tests.journeys.people import Person, change_rules

CARD = {"same_card": "3", "within_hours": "24"}


@pytest.fixture
def put(hub: Hub, finance: Person, approver: Person):
    """Rows on top of the rules in force, by two people, from the first day on."""

    def put(*rows):
        return change_rules(finance, approver, hub.pair.rule_sets.last().pk, rows, FIRST_DAY)

    return put


def test_a_payment_is_flagged_and_posted_and_a_person_says_that_it_is_right(hub, finance, put):
    put(("risks", {"amount_from": "90", "level": "flag", "why": "A large one"}))
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    assert (hub.receipts(), hub.balance("536365")) == (["100.00"], "0.00")
    said = finance.transaction(sale)
    assert "Flagged by a risk rule" in said
    assert "Amount 100.00 USD (asked: 90.00 USD or more)" in said
    [row] = finance.json("exceptions", reason="risk_flagged")
    assert "A large one. Amount: 100.00 USD" in row["message"]
    finance.act(row["id"], "dismiss", note="A customer of many years.")
    assert finance.exceptions("risk_flagged") == []


def test_the_third_payment_by_a_card_is_held_released_posted_and_tied_out(hub, finance, put):
    version = put(("risks", CARD | {"level": "hold", "why": "A card is tried out"}))
    hub.invoice("536365", "100.00")
    for amount in ("1.00", "2.00"):
        hub.sale(amount)
    third = hub.sale("100.00", "536365")
    hub.settle()
    assert hub.receipts() == []  # what settled with it is entered, and posted with it
    tried = finance.see(f"/rule-sets/{version}/try/", q=third)
    assert "Payments by this card: 3, this one included (asked: 3 or more within 24 hours)" in tried
    item = finance.exception("risk_held")
    assert "Nothing is posted before somebody releases it" in finance.see(f"/exceptions/{item}/")
    finance.act(item, "release", note="The customer called.")
    hub.run()
    assert hub.receipts() == ["100.00", "2.00", "1.00"]
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "99.11"))
    hub.run()
    assert (hub.batch.state, hub.certificate().ties_out) == ("tied_out", True)
    said = finance.transaction(third)
    assert "Held by a risk rule" in said
    assert "The customer called." in said


def test_what_is_blocked_settles_to_unidentified_receipts_and_ties_out(hub, finance, put):
    put(("risks", {"amount_from": "90", "level": "block", "why": "More than we sell by card"}))
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    assert (hub.balance("536365"), hub.ledger()["2300-00"]) == ("100.00", "-100.00")
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    hub.run()
    assert hub.batch.state == "tied_out"
    item = finance.exception("risk_blocked")
    said = finance.see(f"/exceptions/{item}/")
    assert "stand with the unidentified receipts" in said
    finance.act(item, "release", note="The bank confirms it.")
    hub.run()
    assert hub.balance("536365") == "0.00"
    assert "The bank confirms it." in finance.transaction(sale)


@pytest.mark.at_capture
def test_what_is_blocked_before_it_settles_owes_nothing_and_its_void_closes_it(hub, finance, put):
    put(("risks", {"amount_from": "90", "level": "block"}))
    sale = hub.sale("100.00")
    hub.afternoon()
    assert (hub.receipts(), hub.postings()) == ([], set())
    assert "Nothing is posted" in finance.see(f"/exceptions/{finance.exception('risk_blocked')}/")
    hub.void(sale)
    hub.settle()
    assert (finance.exceptions("risk_blocked"), hub.receipts()) == ([], [])


@pytest.mark.at_capture
def test_what_is_blocked_at_capture_and_settles_anyway_is_on_the_books(hub, finance, put):
    put(("risks", {"amount_from": "90", "level": "block"}))
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.afternoon()
    assert hub.receipts() == []
    hub.settle()
    assert (hub.receipts(), hub.balance("536365")) == (["100.00"], "100.00")
    item = finance.exception("risk_blocked")
    finance.act(item, "release", note="The customer called.")
    hub.run()
    assert hub.balance("536365") == "0.00"

"""Where a payment goes, as its page and the desk say it: never dropped, never applied twice."""

import pytest

from tests.hub import Hub
from tests.journeys.people import Person


@pytest.mark.parametrize(
    ("amount", "typed", "said", "reasons"),
    [
        ("100.00", "536365", ["Pays invoice 0000000001-IN with 100.00 USD"], []),
        ("40.00", "536365", ["Pays invoice 0000000001-IN with 40.00 USD"], []),
        ("130.00", "536365", ["0000000001-IN with 100.00 USD", "Paid too much"], ["overpaid"]),
        ("150.00", "536365/536366", ["0000000001-IN with 100.00", "0000000002-IN with 50.00"], []),
        ("70.00", "999999", ["on account", "Invoice not found"], ["invoice_not_found"]),
    ],
)
def test_a_payment_exact_in_part_too_much_for_several_or_for_none(
    hub: Hub, finance: Person, amount, typed, said, reasons
):
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    sale = hub.sale(amount, typed)
    hub.settle()
    page = finance.transaction(sale)
    for words in said:
        assert words in page, words
    assert hub.reasons() == reasons


def test_what_names_no_known_invoice_can_be_put_on_one_by_a_person(hub: Hub, finance: Person):
    hub.invoice("536365", "70.00")
    sale = hub.sale("70.00", "536399")
    hub.settle()
    item = finance.exception("invoice_not_found")
    assert "536399" in finance.see(f"/exceptions/{item}/")
    finance.act(item, "link_invoice", document_no="536365")
    hub.run()
    assert (hub.balance("536365"), hub.receipts()) == ("0.00", ["70.00"])
    assert "applied" in finance.transaction(sale)


def test_a_void_before_settlement_posts_nothing_and_a_refund_after_it_is_its_own_document(
    hub: Hub, finance: Person
):
    voided, kept = hub.sale("30.00"), hub.sale("50.00")
    hub.void(voided)
    hub.settle()
    refund = hub.refund(kept, "20.00")
    hub.settle()
    assert "Voided" in finance.transaction(voided)
    assert "Nothing to post" in finance.transaction(voided)
    assert f"Refund of {kept}" in finance.transaction(refund)
    assert f"Given back by {refund}" in finance.transaction(kept)
    assert hub.receipts() == ["50.00"]

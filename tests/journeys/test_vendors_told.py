"""A vendor that is slow, silent or gone: said on its page and told, made up for by itself."""

from django.core import mail

from tests.hub import Hub
from tests.journeys.people import Person
from tests.scenarios.test_outages import a_round, closed, morning

DOWN = {"kind": "connection_down", "state": "open"}


def page_of(person: Person, connection) -> str:
    return person.see(f"/connections/{connection.pk}/")


def test_a_gateway_that_asks_to_wait_is_waited_for_and_nothing_is_left_out(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sales = [hub.sale(amount, "536365") for amount in ("20.00", "30.00", "50.00")]
    hub.gateway.arm("throttle", path="/v1/transactions/export/*", times=2)
    morning(hub)
    a_round()
    assert "the vendor asked us to wait 1 time in a row" in page_of(finance, hub.pair.gateway)
    hub.run()
    assert "Slowed down no" in page_of(finance, hub.pair.gateway)
    assert hub.receipts() == ["50.00", "30.00", "20.00"]
    documents = [finance.documents_of(sale) for sale in sales]
    assert all("In the ledger" in each for each in documents)


def test_an_erp_that_is_away_is_told_and_every_document_stands_once_after_it(
    hub: Hub, finance, settings
):
    settings.TIEOUT_ALERT_EMAILS = ("ops@example.com",)
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    morning(hub)
    with closed(hub.sage_url):
        for _ in range(9):
            a_round()
            hub.hurry()
        assert 'id="row-' in finance.source("/alerts/", **DOWN)
    hub.run()
    assert "Sage 500" in " ".join(each.subject for each in mail.outbox)
    assert 'id="row-' not in finance.source("/alerts/", **DOWN)
    assert (hub.receipts(), hub.balance("536365")) == (["100.00"], "0.00")


def test_a_document_that_finds_no_lock_waits_and_goes_again_by_itself(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.fault("CreateCashReceipt", "lock_timeout", left=2)
    hub.settle()
    said = finance.documents_of(sale)
    assert "3 attempts" in said
    assert (hub.receipts(), finance.exceptions("")) == (["100.00"], [])

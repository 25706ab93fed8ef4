"""An order's invoice beside an ERP that loses answers, and texts that must not reach it."""

import pytest

from integrations.models import Posting
from tests.hub import Hub
from tests.journeys.shop import Shop, line, open_shop

COUNT = 'SELECT count(*), sum("TranAmt") FROM "tarInvoice" WHERE "CustPONo" = %s'


@pytest.fixture
def shop(hub: Hub) -> Shop:
    return open_shop(hub)


@pytest.mark.parametrize("fault", ["drop", "refuse_before", "deadlock"])
def test_an_invoice_whose_answer_is_lost_stands_once(hub: Hub, shop: Shop, fault: str):
    hub.fault("CreateInvoice", fault)
    shop.sends("WEB-1")
    [(count, amount)] = hub.sql(COUNT, "WEB-1")
    assert (count, amount) == (1, shop.order().total_amount)
    assert Posting.objects.get(kind="invoice").state in ("posted", "duplicate")
    assert hub.ledger("WEB-1")["1200-00"] == f"{amount:.2f}"
    assert hub.reasons() == []


def test_an_interrupted_posting_of_its_batch_goes_on(hub: Hub, shop: Shop):
    hub.fault("PostBatch", "stop_posting_at", step=8)
    shop.sends("WEB-1")
    [(count, amount)] = hub.sql(COUNT, "WEB-1")
    assert (count, f"{amount:.2f}") == (1, hub.ledger("WEB-1")["1200-00"])


def test_a_card_number_in_an_order_never_reaches_the_erp(hub: Hub, shop: Shop):
    typed = "Mug for 4111 1111 1111 1111"
    shop.sends("WEB-1", lines=[line(description=typed)])
    kept = str(list(Posting.objects.values_list("draft", flat=True)))
    kept += str(hub.sql('SELECT "Description" FROM "tarInvoiceDetl"')) + str(shop.order().content)
    assert "4111 1111" not in kept
    assert "4111111111111111" not in kept
    assert "card_number_removed" in hub.reasons()


def test_an_item_that_the_erp_does_not_have_is_a_refusal_in_its_words(hub: Hub, shop: Shop):
    hub.sql('DELETE FROM "timItem" WHERE "ItemID" = %s RETURNING 1', "MUG-BLUE")
    shop.sends("WEB-1")
    posting = Posting.objects.get(kind="invoice")
    assert (posting.state, posting.code) == ("held", "item_unknown")
    assert "MUG-BLUE" in posting.message
    assert hub.sql(COUNT, "WEB-1")[0][0] == 0

from reconciliation.models import Transaction
from tests.hub import Hub


def sold(hub: Hub, amount: str = "100.00", invoice: str = "536365") -> str:
    hub.invoice(invoice, amount)
    sale = hub.sale(amount, invoice)
    hub.settle()
    return sale


def test_a_refund_is_linked_to_the_only_sale_that_fits(hub: Hub):
    sale = sold(hub)
    refund = hub.refund(sale, "40.00", invoice_id="536365")
    hub.settle()
    assert hub.transaction(refund).parent == hub.transaction(sale)
    assert hub.transaction(sale).status == "partially_refunded"
    assert hub.reasons() == []


def test_a_refund_takes_from_clearing_and_not_from_the_receivables(hub: Hub):
    refund = hub.refund(sold(hub), "40.00", invoice_id="536365")
    hub.settle()
    ledger = hub.ledger(f"PT-{hub.batch.vendor_ref}")
    assert ledger == {"1050-00": "-40.00", "2310-00": "40.00"}
    assert hub.balance("536365") == "0.00"
    assert hub.transaction(refund).decision == "effects"


def test_a_sale_that_is_wholly_refunded_says_so(hub: Hub):
    sale = sold(hub)
    hub.refund(sale, "60.00", invoice_id="536365")
    hub.refund(sale, "40.00", invoice_id="536365")
    hub.settle()
    assert hub.transaction(sale).status == "refunded"
    assert Transaction.objects.filter(parent__vendor_id=sale).count() == 2


def test_a_refund_that_fits_no_single_sale_is_booked_and_shown(hub: Hub):
    refund = hub.refund(sold(hub), "40.00", invoice_id="something else")
    hub.settle()
    assert hub.transaction(refund).parent is None
    assert hub.ledger(f"PT-{hub.batch.vendor_ref}") == {"1050-00": "-40.00", "2310-00": "40.00"}
    assert hub.reasons() == ["refund_unlinked"]


def test_a_batch_of_refunds_alone_is_paid_to_the_bank_and_ties_out(hub: Hub):
    hub.refund(sold(hub), "40.00", invoice_id="536365")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "-40.00"))
    assert hub.batch.state == "tied_out", hub.batch.reasons
    assert hub.ledger(f"PT-{hub.batch.vendor_ref}") == {
        "1000-00": "-40.00", "1050-00": "0.00", "2310-00": "40.00",
    }  # fmt: skip


def test_refunds_that_eat_up_the_sales_tie_out_without_a_bank_line(hub: Hub):
    first = sold(hub)
    hub.invoice("536366", "50.00")
    hub.sale("50.00", "536366")
    hub.refund(first, "48.25", invoice_id="536365")
    hub.settle()
    assert hub.batch.net_amount == 0
    assert hub.batch.state == "tied_out", hub.batch.reasons
    assert hub.ledger(f"PT-{hub.batch.vendor_ref}")["1050-00"] == "0.00"


def test_a_refund_never_makes_a_second_posting(hub: Hub):
    refund = hub.refund(sold(hub), "40.00", invoice_id="536365")
    hub.settle()
    hub.afternoon()
    hub.settle()
    assert hub.transaction(refund).effects.count() == 1
    assert hub.ledger()["2310-00"] == "40.00"

"""An invoice with its lines: what is written, what is refused, what leaves the warehouse."""

from datetime import date
from decimal import Decimal

import pytest

from integrations.sandbox.sage500.faults import arm
from integrations.sandbox.sage500.stock import (
    OrderedItem,
    StockItem,
    enter_sales_order,
    put_in_stock,
)

ORDER = [
    ("4000-00", "30.60", "85123A", "12", ""),
    ("4200-00", "4.90"),
    ("4050-00", "-5.00"),
    ("2200-00", "2.50", "", "1", "TX-STATE"),
]


@pytest.fixture
def stocked(erp):
    items = [StockItem("85123A", "Lantern", Decimal(20)), StockItem("GIFT", "Gift wrapping")]
    put_in_stock(erp.url, items)
    return erp


def entered(erp, key="i1", amount="33.00", lines=ORDER, **over):
    batch = erp.open_batch(f"batch {key}", purpose="invoices").document
    return batch, erp.bill(key, batch, amount, lines, **over)


def test_an_entered_invoice_has_a_number_its_lines_and_nothing_in_the_ledger(stocked):
    batch, made = entered(stocked)
    assert (made.status, made.number) == (1, "0000000004-IN")
    pending = 'SELECT "TranAmt", "SalesAmt", "STaxAmt", "CustPONo" FROM "tarPendInvoice"'
    assert stocked.rows(pending) == [(33, Decimal("30.5"), Decimal("2.5"), "WEB-1")]
    lines = 'SELECT "SeqNo", "UnitPrice", "ExtCmnt" FROM "tarInvoiceDetl" ORDER BY 1'
    assert stocked.rows(lines)[0] == (1, Decimal("2.55"), "")
    assert stocked.rows(lines)[3] == (4, Decimal("2.5"), "TX-STATE")
    assert stocked.ledger(batch) == []


def test_posting_debits_receivables_and_credits_each_line_s_account(stocked):
    batch, _ = entered(stocked)
    assert stocked.post("post", batch, 1, "33.00").status == 1
    assert [line[:3] for line in stocked.ledger(batch)] == [
        ("1200-00", 33, "WEB-1"),
        ("4000-00", Decimal("-30.60"), "WEB-1"),
        ("4200-00", Decimal("-4.90"), "WEB-1"),
        ("4050-00", 5, "WEB-1"),
        ("2200-00", Decimal("-2.50"), "WEB-1"),
    ]
    assert (stocked.unbalanced_batches(), stocked.balance("WEB-1")) == ([], 33)
    posted = 'SELECT "SalesAmt", "STaxAmt", "TranType" FROM "tarInvoice" WHERE "CustPONo" = %s'
    assert stocked.rows(posted, "WEB-1") == [(Decimal("30.5"), Decimal("2.5"), 501)]


def test_a_receipt_pays_the_invoice_like_any_other(stocked):
    batch, _ = entered(stocked)
    stocked.post("post", batch, 1, "33.00")
    receipts = stocked.open_batch().document
    stocked.receipt("r1", receipts, "33.00", [(stocked.invoice("WEB-1"), "33.00")])
    assert stocked.post("post receipts", receipts, 1, "33.00").status == 1
    assert stocked.balance("WEB-1") == 0


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("invoice_unbalanced", {"amount": "33.01"}),
        ("invoice_unbalanced", {"lines": []}),
        ("item_unknown", {"lines": [("4000-00", "33.00", "NO SUCH")]}),
        ("quantity_invalid", {"lines": [("4000-00", "33.00", "85123A", "0")]}),
        ("quantity_invalid", {"lines": [("4000-00", "33.00", "85123A", "-1")]}),
        ("quantity_invalid", {"lines": [("4000-00", "33.00", "85123A", "0.123456789")]}),
        ("account_unknown", {"lines": [("9999-00", "33.00")]}),
        ("account_unknown", {"lines": [("", "33.00")]}),
        ("amount_invalid", {"lines": [("4000-00", "33.005"), ("4000-00", "-0.005")]}),
        ("amount_invalid", {"lines": [("4000-00", "much")]}),
        ("amount_invalid", {"amount": "0.00", "lines": [("4000-00", "0.00")]}),
        ("amount_invalid", {"currency": "EUR"}),
        ("customer_unknown", {"customer": "nobody"}),
        ("text_too_long", {"reference": "x" * 16}),
        ("text_too_long", {"comment": "x" * 51}),
        ("text_too_long", {"lines": [("4000-00", "33.00", "x" * 31)]}),
        ("text_too_long", {"lines": [("2200-00", "33.00", "", "1", "x" * 16)]}),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_nothing_is_written(stocked, code, change):
    _, refused = entered(stocked, **change)
    assert (refused.status, refused.code, refused.document) == (4, code, None)
    assert (stocked.count('"tarPendInvoice"'), stocked.count('"tarInvoiceDetl"')) == (0, 0)
    assert stocked.available("85123A") == 20
    _, made = entered(stocked)
    assert made.status == 1


def test_lines_that_cannot_be_read_are_refused(stocked):
    batch = stocked.open_batch(purpose="invoices").document
    values = ["k", "h" * 64, "SOA", batch, "17850", date(2011, 1, 4), Decimal(5), "USD", "W", ""]
    refused = stocked._call("CreateInvoice", [*values, "[oops"], 5)
    assert (refused.status, refused.code) == (4, "invoice_unbalanced")


def test_an_invoice_goes_into_no_batch_of_receipts(erp):
    assert erp.bill("i1", erp.open_batch().document, "5.00").code == "batch_unknown"


def test_a_lost_reply_leaves_one_invoice_that_the_key_finds(stocked):
    batch = stocked.open_batch(purpose="invoices").document
    arm(stocked.url, "CreateInvoice", "drop")
    lost = stocked.other_session()
    with pytest.raises(Exception, match="terminat|closed"):
        lost.bill("i1", batch, "33.00", ORDER)
    again = stocked.bill("i1", batch, "33.00", ORDER)
    assert (again.status, again.number) == (2, "0000000004-IN")
    assert (stocked.count('"tarPendInvoice"'), stocked.count('"tarInvoiceDetl"')) == (1, 4)
    assert stocked.bill("i1", batch, "33.00", ORDER, hashed="other").status == 3


def test_a_line_that_was_changed_behind_our_back_keeps_the_batch_from_being_posted(stocked):
    batch, _ = entered(stocked)
    stocked.connection.execute('UPDATE "tarInvoiceLineDist" SET "ExtAmt" = 31 WHERE "ExtAmt" > 30')
    refused = stocked.post("post", batch, 1, "33.00")
    assert (refused.status, refused.code) == (4, "journal_unbalanced")
    assert stocked.count('"tglPosting"') == 0


def test_items_are_committed_when_entered_and_leave_when_posted(stocked):
    batch, _ = entered(stocked)
    on_hand = 'SELECT "QtyOnHand", "QtyCommitted" FROM "timInventory"'
    assert (stocked.available("85123A"), stocked.rows(on_hand)) == (8, [(20, 12)])
    stocked.post("post", batch, 1, "33.00")
    assert (stocked.available("85123A"), stocked.rows(on_hand)) == (8, [(8, 0)])


def test_open_sales_orders_are_committed_and_services_have_no_stock(stocked):
    lines = [OrderedItem("85123A", Decimal(6), Decimal("2.55"), Decimal(4))]
    number = enter_sales_order(stocked.url, "17850", date(2011, 1, 4), "PO-7", lines)
    assert (stocked.available("85123A"), stocked.available("GIFT")) == (16, None)
    closed = 'UPDATE "tsoSalesOrder" SET "Status" = 4 WHERE "TranNo" = %s'
    stocked.connection.execute(closed, [number])
    assert stocked.available("85123A") == 20
    put_in_stock(stocked.url, [StockItem("85123A", "", Decimal(3), "STORE")])
    assert stocked.available("85123A") == 23

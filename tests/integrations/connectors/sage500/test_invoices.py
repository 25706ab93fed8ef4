"""Invoices with lines through the wrapper, what is in stock, and Sage's own sales orders."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.mssql import mssqlpython

from integrations.canonical import (
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CreditMemoDraft,
    DocumentKind,
    InvoiceDraft,
    InvoiceLineDraft,
    content_hash,
    draft_to_json,
)
from integrations.canonical import OutcomeStatus as S
from integrations.connectors.sage500 import order_reads, reads
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.tables import tables_of
from integrations.content import differences
from integrations.errors import ConfigError
from integrations.registry import build
from integrations.sandbox.sage500.faults import arm
from integrations.sandbox.sage500.stock import (
    OrderedItem,
    StockItem,
    enter_sales_order,
    put_in_stock,
)
from integrations.standing import Standing, owed_fields
from tests.integrations.connectors.sage500.conftest import COMPANY, DAY, usd


@pytest.fixture
def order(shop, sage_url):
    """An invoice for an order of this test: an item, shipping, a discount and a tax."""
    shop.invoice(1, "1.00")  # the customer exists
    put_in_stock(sage_url, [StockItem(f"I-{shop.prefix}", "Lantern", Decimal(20))])
    lines = (
        InvoiceLineDraft("Lantern", usd("30.60"), "4000-00", f"I-{shop.prefix}", Decimal("2.5")),
        InvoiceLineDraft("Shipping", usd("4.90"), "4200-00"),
        InvoiceLineDraft("Discount", usd("-5.00"), "4050-00"),
        InvoiceLineDraft("State tax", usd("2.50"), "2200-00", tax_code="TX-STATE"),
    )
    number = f"WEB-{shop.prefix}"
    return InvoiceDraft(COMPANY, "17850", DAY, usd("33.00"), number, f"Order {number}", lines)


def post_all_of(shop, batch_ref, count, total):
    draft = BatchPostDraft(COMPANY, BatchPurpose.INVOICES, count, usd(total))
    return shop.post("post", draft, batch_ref)


def unlike(sage, key, draft):
    [found] = sage.find_postings(COMPANY, [key])
    return {d.field: (d.owed, d.found) for d in differences(draft, content_hash(draft), found)}


def test_a_posted_invoice_is_open_and_found_by_the_order_s_number(shop, sage, order):
    batch_ref = shop.open_batch(BatchPurpose.INVOICES)
    made = shop.post("invoice", order, batch_ref)
    assert sage.snapshot(COMPANY, references=[order.reference]).items == ()
    assert post_all_of(shop, batch_ref, 1, "33.00").status is S.DONE
    [item] = sage.snapshot(COMPANY, references=[order.reference]).items
    assert (item.document_no, item.balance, item.customer_id) == (
        made.document.number, usd("33.00"), "17850",
    )  # fmt: skip
    [tax] = sage.ledger_lines(COMPANY, "2200-00", [order.reference])
    assert (tax.credit, tax.comment) == (usd("2.50"), "State tax")
    [less] = sage.ledger_lines(COMPANY, "4050-00", [order.reference])
    assert less.debit == usd("5.00")


def test_it_is_shown_and_stands_as_it_is_owed_entered_and_posted(shop, sage, order):
    batch_ref = shop.open_batch(BatchPurpose.INVOICES)
    made = shop.post("invoice", order, batch_ref)
    for standing in (Standing.PENDING, Standing.POSTED):
        [row] = sage.postings_of(COMPANY, [made.key])
        assert (row.kind, row.standing) == (DocumentKind.INVOICE, standing)
        assert row.fields == owed_fields(draft_to_json(order))
        [found] = sage.find_postings(COMPANY, [made.key])
        assert (found.kind, found.amount) == (DocumentKind.INVOICE, usd("33.00"))
        assert found.document.number == made.document.number
        assert unlike(sage, made.key, order) == {}
        post_all_of(shop, batch_ref, 1, "33.00")


def test_a_lost_reply_is_unknown_and_the_key_finds_the_one_invoice(shop, sage, sage_url, order):
    batch_ref = shop.open_batch(BatchPurpose.INVOICES)
    arm(sage_url, "CreateInvoice", "drop")
    lost = shop.post("invoice", order, batch_ref)
    assert lost.status is S.UNKNOWN
    [found] = sage.find_postings(COMPANY, [lost.key])
    assert (found.content_hash, found.details["document_present"]) == (content_hash(order), True)
    again = shop.post("invoice", order, batch_ref)
    assert (again.status, again.document) == (S.DUPLICATE, found.document)
    other = replace(order, comment="Another order")
    assert shop.post("invoice", other, batch_ref).status is S.CONFLICT


def test_an_interrupted_posting_of_invoices_goes_on_and_posts_once(shop, sage, sage_url, order):
    batch_ref = shop.open_batch(BatchPurpose.INVOICES)
    shop.post("invoice", order, batch_ref)
    arm(sage_url, "PostBatch", "stop_posting_at", step=8)
    assert post_all_of(shop, batch_ref, 1, "33.00").status is S.UNKNOWN
    assert post_all_of(shop, batch_ref, 1, "33.00").status in (S.DONE, S.DUPLICATE)
    assert len(sage.ledger_lines(COMPANY, "1200-00", [order.reference])) == 1


def test_a_refused_invoice_says_why_and_keeps_its_key_free(shop, order):
    batch_ref = shop.open_batch(BatchPurpose.INVOICES)
    wrong = replace(order.lines[0], item="NO SUCH ITEM")
    refused = shop.post("invoice", replace(order, lines=(wrong, *order.lines[1:])), batch_ref)
    assert (refused.status, refused.code) == (S.REFUSED, "item_unknown")
    assert "NO SUCH ITEM" in refused.message
    assert shop.post("invoice", order, batch_ref).status is S.DONE


def test_a_line_that_was_changed_behind_our_back_is_a_difference(shop, sage, sql, order):
    made = shop.post("invoice", order, shop.open_batch(BatchPurpose.INVOICES))
    sql(
        'UPDATE "tarInvoiceLineDist" SET "ExtAmt" = 4 WHERE "ExtAmt" = 4.9 AND "InvoiceLineKey" IN'
        ' (SELECT "InvoiceLineKey" FROM "tarInvoiceDetl" WHERE "InvcKey" = %s)',
        int(made.document.key),
    )
    owed, found = unlike(sage, made.key, order)["Lines"]
    assert ("4200-00 -4.90 USD" in owed, "4200-00 -4.00 USD" in found) == (True, True)
    [row] = sage.postings_of(COMPANY, [made.key])
    assert "4200-00 credit 4.00 ()" in row.fields["lines"]


def test_an_invoice_that_was_taken_away_leaves_its_key(shop, sage, sql, order):
    made = shop.post("invoice", order, shop.open_batch(BatchPurpose.INVOICES))
    sql('DELETE FROM "tarPendInvoice" WHERE "InvcKey" = %s', int(made.document.key))
    assert unlike(sage, made.key, order).keys() == {"Document"}
    assert sage.postings_of(COMPANY, [made.key])[0].standing is Standing.GONE


def test_the_order_s_invoice_entered_again_by_hand_is_a_stray_and_its_memo_is_none(
    shop, sage, sql, order
):
    batch_ref = shop.open_batch(BatchPurpose.INVOICES)
    made = shop.post("invoice", order, batch_ref)
    post_all_of(shop, batch_ref, 1, "33.00")
    memo = CreditMemoDraft(COMPANY, "17850", DAY, usd("33.00"), "4100-00", order.reference, "")
    opening = BatchDraft(COMPANY, BatchPurpose.MEMOS, DAY, "Memos")
    shop.post("memo", memo, shop.post("memos", opening).document.batch_ref)
    sql(
        'INSERT INTO "tarInvoice" SELECT (jsonb_populate_record(i, jsonb_build_object('
        "'InvcKey', i.\"InvcKey\" + 500000, 'TranNo', 'T' || right(i.\"TranNo\", 9)))).*"
        ' FROM "tarInvoice" i WHERE "InvcKey" = %s',
        int(made.document.key),
    )
    found = [row for row in strays(sage) if row.fields.get("reference") == order.reference]
    assert [(row.kind, row.resembles) for row in found] == [(DocumentKind.INVOICE, made.key)]
    sql('DELETE FROM "tarInvoice" WHERE "InvcKey" = %s', int(made.document.key) + 500000)


def strays(sage):
    found, cursor = sage.list_strays(COMPANY, "", 100)
    while cursor:
        more, cursor = sage.list_strays(COMPANY, cursor, 100)
        found += more
    return found


def test_stock_counts_the_warehouses_that_count(sage, sage_url, shop):
    item = f"I-{shop.prefix}"
    put_in_stock(sage_url, [StockItem(item, "Lamp", Decimal(5))])
    put_in_stock(sage_url, [StockItem(item, "Lamp", Decimal("2.5"), "STORE")])
    assert sage.stock_of(COMPANY, [item])[item].available == Decimal("7.5")
    settings = {"companies": [COMPANY], "stock_warehouses": ["STORE"]}
    store = build("sage500", settings, {"url": sage_url}, sandbox=True)
    assert store.stock_of(COMPANY, [item])[item].available == Decimal("2.5")
    store.close()
    assert sage.stock_of("ZZZ", [item]) == {}


@pytest.mark.parametrize(
    ("setting", "words"),
    [({"reads_stock": False}, "Read the stock"), ({"stock_view": "NoSuchView"}, "NoSuchView")],
)
def test_where_no_stock_is_shown_a_setting_is_named(sage_url, setting, words):
    settings = {"companies": [COMPANY], **setting}
    sage = build("sage500", settings, {"url": sage_url}, sandbox=True)
    with pytest.raises(ConfigError, match=words):
        sage.stock_of(COMPANY, ["22423"])
    sage.close()


def test_a_sales_order_is_read_with_its_lines_whatever_number_is_typed(sage, sage_url, shop):
    item, number = f"I-{shop.prefix}", f"PO-{shop.prefix}"
    shop.invoice(1, "1.00")
    put_in_stock(sage_url, [StockItem(item, "Lamp", Decimal(5))])
    lines = [OrderedItem(item, Decimal(3), Decimal("2.55"), Decimal(1))]
    own = enter_sales_order(sage_url, "17850", date(2010, 12, 2), number, lines)
    for typed in (number, number.lower(), own, own.lstrip("0")):
        [order] = sage.orders_of(COMPANY, [typed])
        assert (order.document_no, order.status, order.amount) == (own, "Open", usd("7.65"))
    [line] = order.lines
    assert (line.item, line.quantity, line.open_quantity) == (item, Decimal(3), Decimal(1))
    assert (line.unit_price, line.account) == (Decimal("2.55"), "4000-00")
    assert sage.stock_of(COMPANY, [item])[item].available == Decimal(4)


def test_where_sales_orders_are_not_to_be_read_there_are_none(sage_url):
    settings = {"companies": [COMPANY], "reads_orders": False}
    sage = build("sage500", settings, {"url": sage_url}, sandbox=True)
    assert sage.orders_of(COMPANY, ["1"]) == []
    sage.close()


def test_a_column_of_order_numbers_has_to_be_a_name():
    with pytest.raises(ConfigError, match="Columns with order numbers"):
        Sage500Settings.from_mapping(
            {"order_reference_columns": ["Tran No"]}, {"url": "postgresql://x/y"}
        )


def test_every_question_is_also_sql_servers():
    settings = Sage500Settings(url="postgresql://x/y", stock_warehouses=("MAIN",))
    tables = tables_of(settings)
    for query in (
        reads.invoice_lines(tables, [1]),
        order_reads.stock_levels(settings, COMPANY, ["a"]),
        order_reads.sales_orders(settings, tables, COMPANY, ["a"]),
        order_reads.sales_order_lines(settings, tables, [1]),
    ):
        assert str(query.compile(dialect=postgresql.dialect()))
        asked = str(query.compile(dialect=mssqlpython.dialect(paramstyle="pyformat")))
        assert "LIMIT" not in asked
        assert ("[StockLevel]" in asked) == ("tieout" in asked)

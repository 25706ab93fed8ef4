"""Open invoices, customers and periods as the sandbox holds them."""

from datetime import date

from integrations.canonical import BatchPurpose
from integrations.connectors.sage500.connector import Sage500Connector
from integrations.registry import build
from tests.integrations.connectors.sage500.conftest import COMPANY, Shop, receipt, usd


def walk(sage: Sage500Connector, cursor, limit=2):
    items, has_more = [], True
    while has_more:
        page, cursor, has_more = sage.fetch_open_items(COMPANY, cursor, limit)
        items += page
    return items, cursor


def test_an_invoice_comes_with_its_numbers_customer_and_what_is_still_available(shop, sage):
    item = shop.invoice(1, "139.12", customer="13047")
    batch_ref = shop.open_batch()
    shop.post("receipt", receipt(item, "39.12", customer_id="13047"), batch_ref)
    [found] = sage.snapshot(COMPANY, item_keys=[item]).items
    assert (found.customer_id, found.customer_name) == ("13047", "Dalton & Lowry Antiques Ltd")
    number = found.document_no[:10]
    assert {number, number.lstrip("0"), found.document_no, f"{shop.prefix}-1"} <= set(
        found.references
    )
    assert found.invoiced_on == date(2010, 12, 1)
    assert (found.amount, found.balance, found.available) == (
        usd("139.12"),
        usd("139.12"),
        usd("100.00"),
    )


def test_pages_lose_and_repeat_nothing_and_a_second_walk_finds_only_news(shop: Shop, sage):
    made = {shop.invoice(number, "10.00") for number in range(5)}
    items, cursor = walk(sage, {})
    keys = [item.item_key for item in items]
    assert made <= set(keys)
    assert len(keys) == len(set(keys))
    assert walk(sage, cursor)[0] == []
    new = shop.invoice(9, "11.00")
    assert [item.item_key for item in walk(sage, cursor)[0]] == [new]


def test_a_paid_invoice_comes_again_with_its_new_balance(shop: Shop, sage):
    item = shop.invoice(1, "25.00")
    _, cursor = walk(sage, {}, limit=100)
    batch_ref = shop.open_batch()
    shop.post("receipt", receipt(item, "25.00"), batch_ref)
    shop.post_batch(batch_ref, 1, "25.00")
    [changed] = walk(sage, cursor)[0]
    assert (changed.item_key, changed.balance) == (item, usd("0.00"))


def test_the_snapshot_tells_which_of_our_keys_are_there(shop: Shop, sage):
    shop.open_batch(BatchPurpose.JOURNALS)
    keys = [f"{shop.prefix}:batch", f"{shop.prefix}:nothing"]
    assert sage.snapshot(COMPANY, item_keys=["not-a-key"], keys=keys).keys_present == {keys[0]}


def test_customers_are_known_by_company(shop: Shop, sage):
    shop.invoice(1, "10.00", customer="14001")
    assert sage.customers_exist(COMPANY, ["14001", "99999"]) == {"14001"}
    assert sage.customers_exist("XXX", ["14001"]) == frozenset()


def test_days_outside_every_open_period_are_closed(sage):
    days = [date(2010, 12, 31), date(2012, 1, 1)]
    assert sage.closed_periods(COMPANY, days) == {date(2012, 1, 1)}
    assert sage.closed_periods(COMPANY, []) == frozenset()


def test_more_keys_than_one_statement_takes_are_asked_in_pieces(shop: Shop, sage):
    shop.open_batch()
    keys = [f"{shop.prefix}:{number}" for number in range(1200)]
    assert [f.key for f in sage.find_postings(COMPANY, [*keys, f"{shop.prefix}:batch"])] == [
        f"{shop.prefix}:batch"
    ]


def test_the_connection_test_names_each_step(sage):
    assert [(c.name, c.passed) for c in sage.check_connection()] == [
        ("Connect", True),
        ("Read invoices", True),
        ("Read the ledger", True),
        ("Read the wrapper's keys", True),
        ("Company SOA", True),
    ]


def test_the_connection_test_stops_at_the_missing_wrapper(sage_url):
    sage = build("sage500", {"wrapper_schema": "nowhere"}, {"url": sage_url}, sandbox=True)
    failed = sage.check_connection()[-1]
    sage.close()
    assert (failed.name, failed.passed) == ("Read the wrapper's keys", False)
    assert "nowhere" in failed.meaning


def test_an_invoice_is_found_by_each_number_that_people_type(shop: Shop, sage):
    item = shop.invoice(1, "10.00")
    [found] = sage.snapshot(COMPANY, item_keys=[item]).items
    number = found.document_no[:10]
    for typed in (number, number.lstrip("0"), number[3:], f" {found.document_no.lower()} "):
        [again] = sage.snapshot(COMPANY, references=[typed]).items
        assert again == found
        assert typed.strip().upper() in found.references
    assert sage.snapshot(COMPANY, references=["", "no such"]).items == ()


def test_an_invoice_named_in_two_ways_comes_once(shop: Shop, sage):
    item = shop.invoice(1, "10.00")
    [found] = sage.snapshot(COMPANY, item_keys=[item]).items
    names = [*found.references, *(f"X{n}" for n in range(600))]
    assert sage.snapshot(COMPANY, references=names, item_keys=[item]).items == (found,)


def test_the_open_invoices_of_a_customer_come_oldest_first_and_without_paid_ones(shop, sage):
    items = [shop.invoice(number, "10.00", customer="18001") for number in range(3)]
    batch_ref = shop.open_batch()
    shop.post("receipt", receipt(items[0], "10.00", customer_id="18001"), batch_ref)
    shop.post_batch(batch_ref, 1, "10.00")
    found = [item.item_key for item in sage.open_items_of(COMPANY, "18001", 10)]
    assert found == items[1:]
    assert len(sage.open_items_of(COMPANY, "18001", 1)) == 1

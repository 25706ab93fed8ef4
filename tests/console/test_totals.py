"""What stands under a list: sums of everything that the filter selects, in bounded time."""

import re
from decimal import Decimal

import pytest

from console import counting
from console import totals as totals_of
from console.totals import all_totals, totals
from reconciliation.models import Effect, SettlementBatch, Transaction
from tests.builders import ConnectionFactory, FactFactory, TransactionFactory
from tests.pages import htmx, questions

pytestmark = pytest.mark.django_db
AMOUNT = {"amount": "amount"}


@pytest.fixture
def rows():
    gateway = ConnectionFactory()
    fact = FactFactory(envelope__connection=gateway)
    for amount, currency in (("10.50", "USD"), ("4.25", "USD"), ("7.00", "CAD")):
        TransactionFactory(
            connection=gateway, last_fact=fact, amount=Decimal(amount), currency=currency
        )
    return Transaction.objects.all()


def sums(found):
    return [(each.currency, each.amounts["amount"]) for each in found.sums]


def foot(response):
    """The cells under the list, each row's by their columns' heads."""
    found = re.search(r"<tfoot>(.*?)</tfoot>", response.content.decode(), re.DOTALL)
    cells = re.findall(r'data-label="([^"]*)">(.*?)</td>', found[1] if found else "")
    return {label: re.sub(r"<[^>]+>", "", cell) for label, cell in cells if cell}


def test_each_currency_has_its_own_sum_and_one_statement_counts_them_too(
    rows, django_assert_num_queries
):
    with django_assert_num_queries(1):
        found = totals(rows, "currency", AMOUNT)
    assert str(found.count) == "3"
    assert sums(found) == [("CAD", Decimal("7.000")), ("USD", Decimal("14.750"))]


def test_more_rows_than_are_added_up_unasked_are_only_counted(rows, monkeypatch):
    monkeypatch.setattr(totals_of, "SUM_LIMIT", 2)
    found = totals(rows, "currency", AMOUNT)
    assert (str(found.count), found.sums) == ("3", None)


def test_whoever_asks_gets_the_sums_of_all_of_them(rows, monkeypatch):
    monkeypatch.setattr(totals_of, "SUM_LIMIT", 2)
    found = all_totals(rows, "currency", AMOUNT)
    assert str(found.count) == "3"
    assert sums(found) == [("CAD", Decimal("7.000")), ("USD", Decimal("14.750"))]


def test_adding_up_that_takes_too_long_is_given_up_and_the_session_goes_on(rows, monkeypatch):
    monkeypatch.setattr(counting, "EXACT_MS", 20)
    slow = rows.extra(where=["pg_sleep(0.05) IS NOT NULL"])
    assert all_totals(slow, "currency", AMOUNT) is None
    assert rows.count() == 3


def test_what_is_empty_by_its_nature_is_not_asked_for(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert totals(Transaction.objects.none(), "currency", AMOUNT).sums == ()


def test_a_refund_counts_against_the_sales_as_its_cell_says(desk, world):
    found = desk.get("/transactions/")
    moved = Transaction.objects.exclude(status__in=("declined", "voided"))
    signed = sum(-t.amount if t.kind == "refund" else t.amount for t in moved)
    assert foot(found) == {"Amount": f"{signed:,.2f}"}


def test_what_no_money_moved_for_is_added_up_only_for_who_asks_for_it(desk, world):
    Transaction.objects.filter(pk=world.sale.pk).update(status="voided")
    html = desk.get("/transactions/").content.decode()
    assert 'Total USD<span class="soft">, without declined and voided</span>' in html
    voided = Transaction.objects.filter(status="voided")
    amount = sum(-t.amount if t.kind == "refund" else t.amount for t in voided)
    found = desk.get("/transactions/", {"status": "voided"})
    assert foot(found) == {"Amount": f"{amount:,.2f}"}
    assert "without declined" not in found.content.decode()


def test_the_sums_are_of_all_that_the_filter_selects_and_not_of_the_page(desk, world, monkeypatch):
    monkeypatch.setattr("console.views.ListPage.rows_per_page", 2)
    found = desk.get("/transactions/", {"kind": "sale"}, headers=htmx("list"))
    sales = Transaction.objects.filter(kind="sale").exclude(status__in=("declined", "voided"))
    amount = sum(sales.values_list("amount", flat=True))
    assert foot(found) == {"Amount": f"{amount:,.2f}"}


def test_settlement_batches_are_added_up_column_by_column(desk, world):
    found = foot(desk.get("/batches/"))
    sales = sum(SettlementBatch.objects.values_list("sales_amount", flat=True))
    assert found["Sales"] == f"{sales:,.2f}"
    assert {"Refunds", "Fees", "Net", "At the bank"} <= set(found)


def test_the_name_of_the_sums_has_the_room_of_the_columns_before_them(desk, world):
    html = desk.get("/batches/").content.decode()
    assert '<tfoot><tr><th scope="row" colspan="3">Total USD</th><td class="number folded"' in html
    html = desk.get("/batches/", {"cols": ["sales"]}).content.decode()
    assert '<th scope="row" colspan="1">Total USD</th>' in html


def test_documents_of_several_kinds_are_not_added_up_for_they_are_the_same_money(desk, world):
    assert foot(desk.get("/documents/")) == {}
    amounts = Effect.objects.filter(kind="receipt", posting__document_no__gt="")
    amount = sum(amounts.values_list("posting__amount", flat=True))
    assert foot(desk.get("/documents/", {"kind": "receipt"})) == {"Amount": f"{amount:,.2f}"}


def test_columns_that_are_not_shown_are_not_added_up(desk, world):
    assert foot(desk.get("/batches/", {"cols": ["state", "fees"]})).keys() == {"Fees"}


@pytest.mark.parametrize("url", ["/transactions/", "/exceptions/", "/batches/", "/bank-lines/"])
def test_a_list_with_more_rows_offers_to_add_them_up(desk, world, url, monkeypatch):
    monkeypatch.setattr(totals_of, "SUM_LIMIT", 1)
    assert ">Add up</a>" in desk.get(url).content.decode()
    asked = desk.get(url, {"count": "all"}).content.decode()
    assert "<tfoot>" in asked
    assert "Add up" not in asked


def test_adding_up_all_costs_no_further_question(desk, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(99) as queries:
        desk.get("/transactions/", {"count": "all"})
    limits = [sql for sql in questions(queries.captured_queries) if "statement_timeout" not in sql]
    assert len(limits) <= 5

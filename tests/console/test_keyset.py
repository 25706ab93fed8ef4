from datetime import timedelta

import pytest

from console.keyset import CursorError, Order, fetch_page
from reconciliation.models import Transaction
from tests.builders import NOW, ConnectionFactory, FactFactory, TransactionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    """23 transactions, many at the same moment, so that ties must be settled."""
    connection = ConnectionFactory()
    fact = FactFactory(envelope__connection=connection)
    return [
        TransactionFactory(
            connection=connection,
            last_fact=fact,
            captured_at=NOW - timedelta(minutes=number // 5),
        ).pk
        for number in range(23)
    ]


def walk(order, size):
    cursor, pages = "", []
    while True:
        page = fetch_page(Transaction.objects.all(), order, cursor, size)
        pages.append(page)
        cursor = page.next_cursor
        if not cursor:
            return pages


@pytest.mark.parametrize("name", ["captured_at", "-captured_at", "id", "-id"])
@pytest.mark.parametrize("size", [1, 4, 23, 50])
def test_pages_in_a_row_are_the_full_order(rows, name, size):
    sign = "-" if name.startswith("-") else ""
    full = list(Transaction.objects.order_by(name, f"{sign}pk").values_list("pk", flat=True))
    pages = walk(Order.named(name), size)
    assert [row.pk for page in pages for row in page.rows] == full


def test_the_way_back_shows_the_same_pages(rows):
    order = Order("captured_at")
    pages = walk(order, 4)
    back = [pages[-1]]
    while back[-1].previous_cursor:
        back.append(fetch_page(Transaction.objects.all(), order, back[-1].previous_cursor, 4))
    forth = [[row.pk for row in page.rows] for page in pages]
    assert [[row.pk for row in page.rows] for page in reversed(back)] == forth


def test_rows_are_compared_as_rows_so_that_the_index_serves(rows):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    order = Order("captured_at")
    cursor = fetch_page(Transaction.objects.all(), order, "", 4).next_cursor
    with CaptureQueriesContext(connection) as queries:
        fetch_page(Transaction.objects.all(), order, cursor, 4)
    sql = queries[0]["sql"]
    assert 'ROW("reconciliation_transaction"."captured_at"' in sql
    assert " < ROW(" in sql
    assert " OR " not in sql
    assert "OFFSET" not in sql


@pytest.mark.parametrize("tamper", [lambda c: c + "x", lambda c: "nonsense", lambda c: c[::-1]])
def test_a_cursor_that_was_not_made_here_is_refused(rows, tamper):
    cursor = fetch_page(Transaction.objects.all(), Order("id"), "", 4).next_cursor
    with pytest.raises(CursorError):
        fetch_page(Transaction.objects.all(), Order("id"), tamper(cursor), 4)


def test_a_cursor_of_another_order_is_refused(rows):
    cursor = fetch_page(Transaction.objects.all(), Order("id"), "", 4).next_cursor
    with pytest.raises(CursorError):
        fetch_page(Transaction.objects.all(), Order("captured_at"), cursor, 4)


@pytest.mark.parametrize("name", ["captured_at", "-captured_at", "id"])
def test_few_rows_come_in_the_same_pages_as_many(rows, name):
    order, every = Order.named(name), Transaction.objects.all()
    some = every.filter(pk__in=rows[3:19])
    cursor = ""
    while True:
        many = fetch_page(some, order, cursor, 5)
        assert fetch_page(some, order, cursor, 5, unfiltered=every) == many
        cursor = many.next_cursor
        if not cursor:
            break


def test_few_rows_are_found_before_they_are_put_in_order(rows):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    every = Transaction.objects.select_related("connection")
    with CaptureQueriesContext(connection) as queries:
        fetch_page(every.filter(pk__in=rows[:3]), Order("captured_at"), "", 4, unfiltered=every)
    assert len(queries) == 1
    assert "ORDER BY ROW(" in queries[0]["sql"]

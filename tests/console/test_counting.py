import pytest
from django.db import connection

from console import counting
from console.counting import Count, capped_count, capped_counts, exact_count
from integrations.models import Alert
from reconciliation.models import Transaction
from tests.builders import ConnectionFactory, FactFactory, TransactionFactory
from tests.pages import htmx

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    gateway = ConnectionFactory()
    fact = FactFactory(envelope__connection=gateway)
    TransactionFactory.create_batch(23, connection=gateway, last_fact=fact)
    return Transaction.objects.all()


@pytest.fixture
def low(monkeypatch):
    monkeypatch.setattr(counting, "COUNT_LIMIT", 10)


def test_counting_stops_at_its_limit(rows, low):
    assert str(capped_count(rows)) == "10+"


def test_a_small_count_is_exact(rows):
    assert str(capped_count(rows)) == "23"


def test_a_count_of_all_goes_beyond_the_limit(rows, low):
    assert str(exact_count(rows)) == "23"


def test_several_counts_are_one_query(rows, low, django_assert_num_queries):
    with django_assert_num_queries(1):
        counts = capped_counts(rows, Alert.objects.all(), rows.filter(kind="none"), rows.none())
    assert [str(count) for count in counts] == ["10+", "0", "0", "0"]


def test_sets_that_are_empty_by_nature_ask_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert capped_counts(Alert.objects.none()) == [Count(0)]


def test_sums_of_counts_say_when_one_of_them_was_cut():
    assert str(sum([Count(3), Count(10, is_capped=True)], Count(0))) == "13+"


def test_a_count_that_takes_too_long_is_given_up_and_the_session_goes_on(rows, monkeypatch):
    monkeypatch.setattr(counting, "EXACT_MS", 20)
    slow = rows.extra(where=["pg_sleep(0.05) IS NOT NULL"])
    assert exact_count(slow) is None
    assert rows.count() == 23


def test_the_limit_of_time_ends_with_the_count(rows):
    exact_count(rows)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_list_offers_the_whole_count_and_does_not_carry_it_along(desk, rows, low):
    html = desk.get("/transactions/", {"kind": "sale"}).content.decode()
    assert '10+ rows <a href="/transactions/?kind=sale&amp;count=all"' in html
    counted = desk.get("/transactions/", {"count": "all"}, headers=htmx("list")).content.decode()
    assert '<p class="count">23 rows</p>' in counted
    assert "count=all" not in counted


def test_a_whole_count_that_takes_too_long_says_so(desk, rows, low, monkeypatch):
    monkeypatch.setattr("console.views.listing.exact_count", lambda found: None)
    monkeypatch.setattr("console.views.listing.all_totals", lambda *found: None)
    html = desk.get("/transactions/", {"count": "all"}).content.decode()
    assert "10+ rows; counting all of them takes too long, narrow the filter" in html

"""Lists say who a customer is, and ask nothing more for it."""

import pytest

from reconciliation.customer_names import customer_name, transactions_with_names
from reconciliation.models import ExceptionItem, Transaction
from tests.builders import CustomerIdentityFactory, PairFactory, TransactionFactory
from tests.clock import business_day  # noqa: F401
from tests.kept_world import kept_world
from tests.pages import questions, row_ids
from tests.world import operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(operator())
    return client


@pytest.fixture
def world(db, business_day):  # noqa: F811
    found = kept_world(days=6, per_day=2)
    ref = found.sale.customer_id
    CustomerIdentityFactory(pair=found.pair, erp=True, ref=ref, name="Maria Lowry")
    return found


def name_of(row):
    (found,) = transactions_with_names(Transaction.objects.filter(pk=row.pk))
    return customer_name(found, found)


@pytest.mark.parametrize("url", ["/transactions/", "/documents/", "/exceptions/"])
def test_a_list_says_the_customers_name_for_no_further_question(
    desk, world, url, django_assert_max_num_queries
):
    with django_assert_max_num_queries(99) as queries:
        response = desk.get(url)
    assert row_ids(response)
    assert "Maria Lowry" in response.content.decode()
    assert len(questions(queries.captured_queries)) <= 5


def test_the_pages_of_a_payment_its_document_and_its_exception_say_it_too(desk, world):
    item = ExceptionItem.objects.filter(transaction=world.sale).first()
    effect = world.sale.effects.first()
    for url in (
        f"/transactions/{world.sale.pk}/",
        f"/documents/{effect.pk}/",
        f"/exceptions/{item.pk}/",
        f"/batches/{world.sale.batch_id}/",
    ):
        assert "Maria Lowry" in desk.get(url).content.decode(), url


def test_the_name_is_the_one_of_the_payments_own_gateway(world):
    other = PairFactory()
    CustomerIdentityFactory(pair=other, erp=True, ref=world.sale.customer_id, name="Another")
    assert name_of(world.sale) == "Maria Lowry"
    assert name_of(TransactionFactory(connection=other.gateway, customer_id="none")) == ""


def test_a_payer_nobody_knows_is_named_as_the_gateway_was_told(world):
    row = TransactionFactory(
        connection=world.gateway, customer_id="", payer={"name": "THOMAS ABBOTT"}
    )
    assert name_of(row) == "THOMAS ABBOTT"


def test_a_customer_without_a_name_here_is_not_called_by_the_payers(world):
    row = TransactionFactory(
        connection=world.gateway, customer_id="99999", payer={"name": "THOMAS ABBOTT"}
    )
    assert name_of(row) == ""


def test_where_a_gateway_has_two_companies_the_active_ones_customers_name_it(world):
    retired = PairFactory(gateway=world.gateway, company="OLD", is_active=False)
    CustomerIdentityFactory(pair=retired, erp=True, ref=world.sale.customer_id, name="Long ago")
    assert name_of(world.sale) == "Maria Lowry"

"""A rule set is tried on a real transaction from its page."""

import re

import pytest

from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.mapping.drafts import full_draft
from tests.pages import offences
from tests.world import viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, business_day):  # noqa: F811
    client.force_login(viewer())
    return client


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_transaction_shows_which_row_of_each_kind_fires(desk):
    version = full_draft()
    payment = builders.TransactionFactory(connection=version.pair.gateway, settled=True)
    page = desk.get(f"/rule-sets/{version.pk}/try/", {"q": payment.vendor_id})
    assert "Fires Row 1: If the account is for Card clearing → GL account 1055-00-00" in text(page)
    assert "Bank None fires No row holds for this payment." in text(page)
    assert "Not asked: a payment says nothing of tax component" in text(page)
    assert offences(page) == []


def test_a_number_that_is_of_another_gateway_is_not_found(desk):
    version, other = full_draft(), builders.TransactionFactory()
    page = desk.get(f"/rule-sets/{version.pk}/try/", {"q": other.vendor_id})
    assert page.status_code == 422
    assert f"has no transaction {other.vendor_id}" in text(page)


def test_without_a_number_the_latest_are_offered(desk):
    version = full_draft()
    url = f"/rule-sets/{version.pk}/try/"
    assert "There is no transaction yet." in text(desk.get(url))
    payment = builders.TransactionFactory(connection=version.pair.gateway)
    assert f'href="?q={payment.vendor_id}"' in desk.get(url).content.decode()


def test_a_check_that_would_stop_the_payment_is_said(desk):
    version = full_draft()
    builders.ValidationRuleFactory(
        version=version, position=9, checks="amount_matches", severity="hold"
    )
    payment = builders.TransactionFactory(
        connection=version.pair.gateway, settled=True, amount=90, asked_amount=100
    )
    page = text(desk.get(f"/rule-sets/{version.pk}/try/", {"q": payment.vendor_id}))
    assert "Stops it The payment of 90.00 USD is 10.00 USD less than the 100.00 USD" in page

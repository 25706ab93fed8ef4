"""A refund that the gateway links to nothing: a person finds its sale, and links the two."""

from datetime import timedelta
from decimal import Decimal

import pytest

from audit.models import Entry
from reconciliation.choices import Reason, TransactionStatus
from reconciliation.models import Transaction
from tests.builders import (
    NOW,
    ConnectionFactory,
    ExceptionItemFactory,
    PairFactory,
    TransactionFactory,
)
from tests.pages import htmx, offences, row_ids
from tests.world import viewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


def a_sale(gateway, amount="80.00", **over):
    days = {"captured_at": NOW - timedelta(days=9), "settled_at": NOW - timedelta(days=8)}
    return TransactionFactory(
        connection=gateway, settled=True, amount=Decimal(amount), **days | over
    )


@pytest.fixture
def gateway(db):
    return PairFactory().gateway


@pytest.fixture
def refund(gateway):
    return TransactionFactory(
        connection=gateway, settled=True, refund=True, amount=Decimal("50.00"), placement=""
    )


@pytest.fixture
def item(refund):
    return ExceptionItemFactory(
        reason=Reason.REFUND_UNLINKED,
        transaction=refund,
        connection=refund.connection,
        amount=refund.amount,
        subject=f"transaction:{refund.pk}",
        suggestions=[],
    )


def link(client, item, sale):
    return client.post(
        f"/exceptions/{item.pk}/link_sale/", {"sale_ref": sale}, headers=htmx("panel")
    )


def test_the_sale_is_searched_among_the_gateways_own_and_chosen(desk, gateway, item):
    wanted, small = a_sale(gateway, last4="4242"), a_sale(gateway, "20.00", last4="4242")
    a_sale(gateway, last4="1111")
    a_sale(gateway, last4="4242", currency="EUR")
    a_sale(ConnectionFactory(), last4="4242")
    a_sale(gateway, last4="4242", captured_at=NOW + timedelta(days=1))
    page = desk.get(f"/exceptions/{item.pk}/sales/", {"q": "4242"})
    html = page.content.decode()
    assert (set(row_ids(page)), offences(page)) == ({wanted.pk, small.pk}, [])
    assert f'href="/exceptions/{item.pk}/?sale_ref={wanted.vendor_id}"' in html
    assert f"?sale_ref={small.vendor_id}" not in html
    panel = desk.get(f"/exceptions/{item.pk}/?sale_ref={wanted.vendor_id}", headers=htmx("panel"))
    assert f'value="{wanted.vendor_id}"' in panel.content.decode()


def test_the_panel_shows_the_sale_with_most_in_common(desk, gateway, item, refund):
    sale = a_sale(gateway, last4=refund.last4, reference_texts=["INV 7"])
    a_sale(gateway, last4=refund.last4, captured_at=NOW - timedelta(days=1))
    Transaction.objects.filter(pk=refund.pk).update(reference_texts=["INV 7"])
    html = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert "Nearest sale that can bear it" in html
    assert f'name="sale_ref" value="{sale.vendor_id}"' in html
    assert f"/exceptions/{item.pk}/sales/" in html


def test_a_linked_sale_is_refunded_in_part_and_the_exception_closes(desk, gateway, item, refund):
    sale = a_sale(gateway)
    assert link(desk, item, sale.vendor_id).status_code == 200
    for row in (item, refund, sale):
        row.refresh_from_db()
    assert (refund.parent, sale.status) == (sale, TransactionStatus.PARTIALLY_REFUNDED)
    assert item.state == "resolved"
    assert "30.00 USD of that sale is left" in item.resolution
    assert Entry.objects.get(action="transaction.refund_linked").subject_id == str(sale.pk)
    assert Entry.objects.filter(action="exception.link_sale").exists()


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"amount": Decimal("49.99")}, "49.99 USD is left to be given back"),
        ({"currency": "EUR"}, "is in EUR; the refund is in USD"),
        ({"refund": True}, "is a refund itself"),
        ({"status": TransactionStatus.CAPTURED, "batch_ref": ""}, "only a settled sale"),
        ({"status": TransactionStatus.CHARGED_BACK}, "is charged back; only a settled sale"),
        ({"captured_at": NOW + timedelta(hours=1)}, "was made after the refund"),
    ],
)
def test_what_cannot_be_its_sale_is_refused_in_words(desk, gateway, item, refund, over, words):
    amount = over.pop("amount", "80.00")
    response = link(desk, item, a_sale(gateway, amount, **over).vendor_id)
    assert response.status_code == 422
    assert words in response.content.decode()
    refund.refresh_from_db()
    item.refresh_from_db()
    assert (refund.parent, item.state) == (None, "open")


def test_a_sale_is_never_given_back_twice(desk, gateway, item):
    sale = a_sale(gateway)
    TransactionFactory(connection=gateway, settled=True, refund=True, parent=sale, amount=40)
    response = link(desk, item, sale.vendor_id)
    assert "40.00 USD is left to be given back; the refund is 50.00 USD" in (
        response.content.decode()
    )


def test_another_gateways_payment_and_an_unknown_one_are_not_found(desk, item):
    other = a_sale(ConnectionFactory())
    for number in (other.vendor_id, "nothing"):
        assert f"has no payment {number} here" in link(desk, item, number).content.decode()


def test_what_the_gateway_itself_says_is_not_overruled(desk, gateway, item, refund):
    Transaction.objects.filter(pk=refund.pk).update(parent_ref="4711")
    html = link(desk, item, a_sale(gateway).vendor_id).content.decode()
    assert "itself says that this refund gives back 4711" in html


def test_an_undo_leaves_sale_refund_and_exception_as_they_were(desk, gateway, item, refund):
    sale = a_sale(gateway, status=TransactionStatus.FUNDED)
    link(desk, item, sale.vendor_id)
    response = desk.post(f"/exceptions/rows/{item.bulk_items.get().pk}/undo/", follow=True)
    assert f"belongs to sale {sale.vendor_id} no longer" in response.content.decode()
    for row in (item, refund, sale):
        row.refresh_from_db()
    assert (refund.parent, sale.status, item.state) == (None, TransactionStatus.FUNDED, "open")
    assert "sale_was" not in item.details
    assert Entry.objects.filter(action="transaction.refund_unlinked").exists()
    assert link(desk, item, sale.vendor_id).status_code == 200
    sale.refresh_from_db()
    assert sale.status == TransactionStatus.PARTIALLY_REFUNDED


def test_an_undo_keeps_what_other_refunds_have_made_of_the_sale(desk, gateway, item):
    sale = a_sale(gateway)
    TransactionFactory(connection=gateway, settled=True, refund=True, parent=sale, amount=20)
    link(desk, item, sale.vendor_id)
    desk.post(f"/exceptions/rows/{item.bulk_items.get().pk}/undo/")
    sale.refresh_from_db()
    assert sale.status == TransactionStatus.PARTIALLY_REFUNDED


def test_a_viewer_looks_for_sales_and_links_none(client, gateway, item):
    client.force_login(viewer())
    sale = a_sale(gateway)
    assert client.get(f"/exceptions/{item.pk}/sales/").status_code == 200
    assert link(client, item, sale.vendor_id).status_code == 403


def test_sales_are_looked_for_at_a_refund_without_its_sale_alone(desk):
    assert desk.get(f"/exceptions/{ExceptionItemFactory().pk}/sales/").status_code == 404

"""An invoice and a customer across the systems: the books, and the ERP as soon as it answers."""

import re
from datetime import date
from decimal import Decimal

import pytest

from integrations.connectors.sage500.connector import Sage500Connector
from integrations.errors import AuthError, TransientError
from integrations.sandbox.sage500.stock import (
    OrderedItem,
    StockItem,
    enter_sales_order,
    put_in_stock,
)
from integrations.services import connectors
from reconciliation.models import Reservation
from tests.builders import (
    CustomerIdentityFactory,
    CustomerLinkFactory,
    CustomerMergeFactory,
    EffectFactory,
    ExceptionItemFactory,
    PairFactory,
    ReservationFactory,
    TransactionFactory,
)
from tests.pages import htmx, statements

pytestmark = pytest.mark.django_db


def read(client, url, **query):
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def now_of(client, url):
    return client.get(url, headers=htmx("erp-now")).content.decode()


@pytest.fixture
def paid(hub):
    """An invoice of 139.12 with 100.00 on it: its number in the ERP, what payers call it."""
    name = hub.invoice("41", "139.12")
    hub.payment("100.00", name)
    hub.run()
    return Reservation.objects.get().document_no, name


def test_an_invoice_shows_what_was_applied_to_it_and_how_it_stands_in_the_erp(desk, hub, paid):
    url = f"/pairs/{hub.pair.pk}/invoices/{paid[0]}/"
    html = read(desk, url)
    payment = Reservation.objects.get().effect.transaction
    assert f'href="/transactions/{payment.pk}/"' in html
    assert "Being read…" in html
    now = now_of(desk, url)
    assert "<main" not in now
    missing = [word for word in ("139.12", "39.12", hub.customer) if word not in now]
    assert not missing, now


def test_without_scripts_the_erp_is_asked_by_a_link(desk, hub, paid):
    html = read(desk, f"/pairs/{hub.pair.pk}/invoices/{paid[0]}/", now=1)
    assert "Partly paid" in html
    assert "<main" in html


def test_a_number_that_payers_use_leads_to_the_invoice_of_the_erp(desk, hub, paid):
    html = now_of(desk, f"/pairs/{hub.pair.pk}/invoices/{paid[1]}/")
    assert f'href="/pairs/{hub.pair.pk}/invoices/{paid[0]}/?key=' in html


def test_an_invoice_that_nobody_has_paid_is_found_in_the_erp(desk, hub, paid):
    name = hub.invoice("42", "7.00")
    html = now_of(desk, f"/pairs/{hub.pair.pk}/customers/{hub.customer}/")
    [url] = re.findall(rf'href="(/pairs/{hub.pair.pk}/invoices/(?!{paid[0]})[^"]+)"', html)
    now = now_of(desk, url)
    assert "Open" in now
    assert "7.00" in now
    assert name not in url


def test_payments_that_name_an_invoice_and_pay_nothing_of_it_are_shown(desk, hub, paid):
    other = TransactionFactory(connection=hub.pair.gateway, reference_texts=[paid[1]])
    html = now_of(desk, f"/pairs/{hub.pair.pk}/invoices/{paid[0]}/")
    assert f'href="/transactions/{other.pk}/"' in html
    applied = Reservation.objects.get().effect.transaction_id
    assert f'href="/transactions/{applied}/"' not in html


def test_the_erp_s_own_sales_orders_of_the_number_are_shown(desk, hub):
    hub.invoice("43", "7.00")
    put_in_stock(hub.url, [StockItem("LAMP", "Brass lamp", Decimal(5))])
    lines = [OrderedItem("LAMP", Decimal(3), Decimal("2.55"), Decimal(1))]
    number = enter_sales_order(hub.url, hub.customer, date(2010, 12, 2), "PO-43", lines)
    now = now_of(desk, f"/pairs/{hub.pair.pk}/invoices/PO-43/")
    missing = [word for word in (number, "Brass lamp", "7.65", "open") if word not in now]
    assert not missing, now
    assert "has no invoice of this number" in now


def test_sales_orders_that_cannot_be_read_hide_no_invoice(desk, hub, paid, monkeypatch):
    monkeypatch.setattr(Sage500Connector, "orders_of", refuse)
    now = now_of(desk, f"/pairs/{hub.pair.pk}/invoices/{paid[0]}/")
    assert "Its sales orders could not be read: Not allowed." in now
    assert "Partly paid" in now


def refuse(self, company, numbers):
    raise AuthError("Not allowed.")


def test_an_erp_without_an_answer_is_a_sentence_and_the_books_stay(desk, hub, paid, monkeypatch):
    def silent(connection):
        raise TransientError("No answer in 30 s.")

    monkeypatch.setattr(connectors, "connector_of", silent)
    for url in (f"invoices/{paid[0]}/", f"customers/{hub.customer}/"):
        html = read(desk, f"/pairs/{hub.pair.pk}/{url}", now=1)
        assert "gave no answer: No answer in 30 s." in html
        assert "100.00" in html


def test_an_invoice_nobody_knows_is_said_to_be_unknown(desk, hub):
    html = read(desk, f"/pairs/{hub.pair.pk}/invoices/NONE-1/", now=1)
    assert "has no invoice of this number" in html
    assert "No payment was applied to this number from here." in html


def test_what_was_taken_back_is_shown_and_not_added_up(desk):
    pair = PairFactory()
    for amount, is_released in (("40.00", False), ("2.00", True)):
        ReservationFactory(
            effect=EffectFactory(pair=pair), document_no="7-IN", company=pair.company,
            amount=amount, is_released=is_released,
        )  # fmt: skip
    html = read(desk, f"/pairs/{pair.pk}/invoices/7-IN/")
    assert "Taken back" in html
    assert "40.00" in html.split("In all")[1].split("</tfoot>")[0]


def test_a_customer_shows_who_they_are_what_they_paid_and_what_is_open(desk, hub, paid):
    CustomerIdentityFactory(pair=hub.pair, system="erp", ref=hub.customer, name="Grand Hotel")
    link = CustomerLinkFactory(pair=hub.pair, ref="payer-9", customer_id=hub.customer)
    merge = CustomerMergeFactory(
        pair=hub.pair, kept_id="X-1", merged_id=hub.customer, state="in_force", moves_money=False
    )
    url = f"/pairs/{hub.pair.pk}/customers/{hub.customer}/"
    html = read(desk, url)
    payment = Reservation.objects.get().effect.transaction
    assert f'href="/transactions/{payment.pk}/"' in html
    assert f'href="/customers/links/{link.pk}/"' in html
    assert f'href="/customers/merges/{merge.pk}/"' in html
    assert "Grand Hotel" in html
    assert f'href="/pairs/{hub.pair.pk}/invoices/{paid[0]}/?key=' in now_of(desk, url)


def test_a_customers_money_on_account_is_added_up_and_their_exceptions_are_linked(desk):
    pair = PairFactory()
    for amount in ("40.00", "2.50"):
        row = TransactionFactory(
            connection=pair.gateway, customer_id="C-1", amount=amount, placement="on_account"
        )
    item = ExceptionItemFactory(transaction=row)
    html = read(desk, f"/pairs/{pair.pk}/customers/C-1/")
    assert "42.50" in html
    assert f'href="/exceptions/{item.pk}/"' in html


@pytest.mark.parametrize("number", ["x" * 41, "a%00b"])
@pytest.mark.parametrize("kind", ["invoices", "customers"])
def test_a_number_that_no_erp_can_have_is_not_found(desk, kind, number):
    pair = PairFactory()
    assert desk.get(f"/pairs/{pair.pk}/{kind}/{number}/").status_code == 404


def test_the_pages_cost_the_same_however_many_payments_there_are(
    desk, django_assert_max_num_queries
):
    pair = PairFactory()
    for _ in range(12):
        row = TransactionFactory(connection=pair.gateway, customer_id="C-1", settled=True)
        effect = EffectFactory(pair=pair, transaction=row)
        ReservationFactory(effect=effect, document_no="7-IN", company=pair.company)
    for url in ("invoices/7-IN/", "customers/C-1/"):
        with django_assert_max_num_queries(99) as queries:
            desk.get(f"/pairs/{pair.pk}/{url}")
        assert len(statements(queries.captured_queries)) <= 16

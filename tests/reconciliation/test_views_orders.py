"""The pages of orders: the list, and one with its lines and its way."""

from decimal import Decimal

import pytest

from audit.models import Entry
from tests.builders import (
    FactFactory,
    OrderFactory,
    OrderHistoryFactory,
    PairFactory,
    TransactionFactory,
)
from tests.pages import row_ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    row = OrderFactory(payer={"name": "Ann Lee"})
    PairFactory(orders=row.connection)
    OrderHistoryFactory(order=row)
    return row


def test_an_order_shows_its_lines_sums_and_who_ordered(desk, order):
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    for said in (order.number, "Mug, blue", "MUG-BLUE", "31.81", "Ann Lee", "state CA"):
        assert said in html
    assert "2 at 12.50" in html
    assert "The shop says" in html
    assert "No payment route takes" not in html


def test_an_order_is_found_by_number_payment_and_amount(desk, order):
    row = OrderFactory(payment_ref="77001", lines_amount=Decimal("993.19"))
    for asked in (row.number, "77001", "1,000.00"):
        assert row_ids(desk.get("/orders/", {"q": asked})) == [row.pk]


def test_the_payment_that_an_order_names_is_linked(desk):
    paid = TransactionFactory()
    row = OrderFactory(payment=paid, payment_ref=paid.vendor_id)
    html = desk.get(f"/orders/{row.pk}/").content.decode()
    assert f'href="/transactions/{paid.pk}/"' in html


def test_a_change_is_told_field_by_field(desk, order):
    line = {**order.content["lines"][0], "quantity": "3"}
    changed = {**order.content, "total": "99.00 USD", "lines": [line]}
    OrderHistoryFactory(order=order, fact=FactFactory(kind="order"), meaning=changed)
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    assert "The shop changed it" in html
    assert "31.81 USD → 99.00 USD" in html
    assert "2 × MUG-BLUE at 12.5" in html


def test_what_the_rules_made_of_it_stands_beside_what_the_shop_says(desk, order):
    line = {"position": 1, "item": "MUG-B", "account": "4000", "rule": "item 1", "stock": "1",
            "short": "short"}  # fmt: skip
    tax = {"tax_code": "CA", "account": "2200", "rule": "tax 1", "recomputed": "1.80",
           "difference": "0.01"}  # fmt: skip
    order.decided = {"meaning": order.meaning_hash, "version": 3, "lines": [line],
                     "charges": [], "taxes": {"state CA": tax}}  # fmt: skip
    order.save()
    html = desk.get(f"/orders/{order.pk}/").content.decode()
    for said in ("MUG-B, account 4000; 1 in stock", "CA, account 2200", "1.80", ">0.01<"):
        assert said in html, said
    assert html.count("not mapped") == 1  # shipping
    order.decided["meaning"] = "of another content"
    order.save()
    assert "MUG-B, account" not in desk.get(f"/orders/{order.pk}/").content.decode()


def test_an_order_of_a_shop_that_no_pair_takes_says_so(desk):
    html = desk.get(f"/orders/{OrderFactory().pk}/").content.decode()
    assert "No payment route takes this shop" in html


def test_an_order_is_found_from_any_page_by_its_number(desk, order):
    for asked in (order.number, f"order {order.number}"):
        response = desk.get("/find/", {"q": asked}, follow=True)
        assert response.request["PATH_INFO"] == f"/orders/{order.pk}/"


def test_an_order_that_became_no_invoice_is_decided_once_more(desk):
    row = OrderFactory(state="nothing")
    desk.post(f"/orders/{row.pk}/decide/")
    row.refresh_from_db()
    assert row.state == "due"
    assert Entry.objects.filter(action="order.decide_again").exists()


def test_what_is_invoiced_is_not_decided_again(desk):
    row = OrderFactory(state="invoiced", customer_id="12583")
    html = desk.post(f"/orders/{row.pk}/decide/", follow=True).content.decode()
    row.refresh_from_db()
    assert (row.state, "what was posted is not decided again" in html) == ("invoiced", True)

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.matchers.refunds import RefundSeen, SettledSale, fitting_sale
from tests.builders import NOW
from tests.mapping.rules import usd

SALE = SettledSale("1001", NOW, "1111", "17850", "536365", usd("100.00"))
REFUND = RefundSeen(NOW + timedelta(days=2), usd("40.00"), "1111", "17850", "536365")


def test_the_only_sale_with_reference_card_and_remainder_fits():
    others = [
        replace(SALE, vendor_id="2", reference="536366"),
        replace(SALE, vendor_id="3", last4="2222"),
        replace(SALE, vendor_id="4", remaining=usd("39.99")),
        replace(SALE, vendor_id="5", settled_at=NOW + timedelta(days=3)),
    ]
    assert fitting_sale(REFUND, [*others, SALE]) == "1001"


def test_the_whole_remainder_may_be_refunded():
    assert fitting_sale(replace(REFUND, amount=usd("100.00")), [SALE]) == "1001"


def test_two_sales_that_fit_are_not_guessed():
    assert fitting_sale(REFUND, [SALE, replace(SALE, vendor_id="2")]) is None
    assert fitting_sale(REFUND, []) is None


def test_the_reference_decides_whoever_the_customer_is():
    assert fitting_sale(replace(REFUND, customer_ref="other"), [SALE]) == "1001"


@pytest.mark.parametrize(("customer", "found"), [("17850", "1001"), ("13047", None), ("", None)])
def test_without_a_reference_its_customer_decides(customer, found):
    refund = replace(REFUND, reference="", customer_ref=customer)
    assert fitting_sale(refund, [replace(SALE, customer_ref=customer and "17850")]) == found


@given(
    st.permutations(
        [
            SALE,
            replace(SALE, vendor_id="2", last4="2222"),
            replace(SALE, vendor_id="3", reference="x"),
        ]
    )
)
def test_the_order_of_the_sales_is_irrelevant(sales):
    assert fitting_sale(REFUND, sales) == "1001"

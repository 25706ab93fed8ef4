from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.money import Money
from reconciliation.tieout import (
    banking_days_after,
    name_difference,
    next_banking_day,
    totals,
)
from tests.mapping.rules import usd

DUE = totals([(usd("100.00"), usd("3.20")), (usd("50.00"), usd("1.75"))], [usd("20.00")], "USD")
CENTS = st.integers(0, 10**8).map(lambda cents: Money(Decimal(cents) / 100, "USD"))


def test_gross_less_refunds_less_fees_is_net():
    assert (DUE.sales, DUE.refunds, DUE.fees) == (usd("150.00"), usd("20.00"), usd("4.95"))
    assert (DUE.net, DUE.cleared) == (usd("125.05"), usd("130.00"))


def test_more_refunds_than_sales_make_a_negative_net():
    due = totals([(usd("10.00"), usd("0.59"))], [usd("30.00")], "USD")
    assert (due.net, due.cleared) == (usd("-20.59"), usd("-20.00"))
    assert name_difference(due, usd("-20.59")) is None
    assert name_difference(due, usd("-21.00")).reason == "fee_differs"
    assert name_difference(due, usd("-22.00")).reason == "deposit_differs"


def test_a_batch_without_anything_comes_to_zero():
    nothing = totals([], [], "USD")
    assert nothing.net == usd("0.00")
    assert name_difference(nothing, usd("0.00")) is None
    assert name_difference(nothing, usd("1.00")).reason == "deposit_differs"


@pytest.mark.parametrize(
    ("paid", "reason", "difference"),
    [
        ("125.05", None, None),
        ("124.00", "fee_differs", "-1.05"),
        ("130.00", "fee_differs", "4.95"),
        ("115.15", "fee_differs", "-9.90"),
        ("115.14", "deposit_differs", "-9.91"),
        ("0.00", "deposit_differs", "-125.05"),
        ("130.01", "deposit_differs", "4.96"),
        ("-0.01", "deposit_differs", "-125.06"),
    ],
)
def test_a_difference_has_the_name_of_its_cause(paid, reason, difference):
    residual = name_difference(DUE, usd(paid))
    assert (residual and residual.reason) == reason
    assert (residual and residual.amount.text) == difference


def test_without_fees_a_difference_is_never_the_fees():
    due = totals([(usd("100.00"), usd("0"))], [], "USD")
    assert name_difference(due, usd("99.00")).reason == "deposit_differs"


@given(st.lists(st.tuples(CENTS, CENTS), max_size=6), st.lists(CENTS, max_size=3), CENTS)
def test_what_was_due_and_its_residual_are_what_was_paid(sales, refunds, paid):
    due = totals(sales, refunds, "USD")
    residual = name_difference(due, paid)
    assert due.net + (residual.amount if residual else usd("0")) == paid
    assert due.cleared - due.fees == due.net


@pytest.mark.parametrize(
    ("day", "following"),
    [("2010-12-01", "2010-12-02"), ("2010-12-03", "2010-12-06"), ("2010-12-04", "2010-12-06"),
     ("2010-12-05", "2010-12-06"), ("2010-12-31", "2011-01-03")],
)  # fmt: skip
def test_the_bank_works_from_monday_to_friday(day, following):
    assert next_banking_day(date.fromisoformat(day)) == date.fromisoformat(following)


def test_banking_days_are_counted_over_weekends():
    assert banking_days_after(date(2010, 12, 3), 0) == date(2010, 12, 3)
    assert banking_days_after(date(2010, 12, 3), 5) == date(2010, 12, 10)

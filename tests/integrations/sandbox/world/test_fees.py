from decimal import Decimal

import pytest

from integrations.sandbox.world.fees import CONTRACT, OVERCHARGED


@pytest.mark.parametrize(
    ("sale", "fee"),
    [("100.00", "3.20"), ("0.01", "0.30"), ("5.00", "0.45"), ("50.00", "1.75"), ("150.00", "4.65")],
)
def test_the_fee_is_a_share_and_a_fixed_amount(sale, fee):
    assert CONTRACT.fee(Decimal(sale)) == Decimal(fee)


def test_halves_are_rounded_up():
    # 2.9 % of 5.00 is 0.145
    assert CONTRACT.fee(Decimal("5.00")) == Decimal("0.45")
    assert CONTRACT.fee(Decimal("15.00")) == Decimal("0.74")


def test_each_sale_is_rounded_by_itself_and_refunds_get_nothing_back():
    sales = [Decimal("5.00")] * 3
    assert CONTRACT.net(sales, [Decimal("2.00")]) == Decimal("15.00") - 3 * Decimal("0.45") - 2


def test_a_batch_of_refunds_is_taken_from_the_account():
    assert CONTRACT.net([], [Decimal("12.34")]) == Decimal("-12.34")


@pytest.mark.parametrize("sale", ["0.01", "1.00", "77183.60"])
def test_an_overcharged_fee_always_differs(sale):
    assert OVERCHARGED.fee(Decimal(sale)) > CONTRACT.fee(Decimal(sale))

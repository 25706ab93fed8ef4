from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.money import Money, MoneyError, round_half_up, total

CENTS = st.integers(-(10**12), 10**12).map(lambda cents: Money(Decimal(cents) / 100, "USD"))
WEIGHTS = st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=12).filter(any)


def usd(text):
    return Money(Decimal(text), "USD")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("139.12", "139.12"), (" 7 ", "7.00"), (12, "12.00"), ("-0.05", "-0.05"), ("1E+2", "100.00")],
)
def test_an_exact_amount_is_read_with_the_decimals_of_its_currency(text, amount):
    assert Money.parse(text, "USD").text == amount


@pytest.mark.parametrize(
    "text",
    [None, True, 1.5, "", "12,50", "NaN", "Infinity", "0.001", "1.O0", "1" * 13, "9E+11000", "£5"],
)
def test_what_is_no_exact_amount_is_refused_in_a_sentence(text):
    with pytest.raises(MoneyError, match=r"\.$"):
        Money.parse(text, "USD")


@pytest.mark.parametrize(
    ("currency", "good", "bad"), [("JPY", "5", "5.5"), ("KWD", "1.125", ".1125")]
)
def test_each_currency_has_its_own_smallest_unit(currency, good, bad):
    assert Money.parse(good, currency).text == good
    with pytest.raises(MoneyError, match="decimals"):
        Money.parse(bad, currency)


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "U1D", ""])
def test_a_currency_is_three_capital_letters(currency):
    with pytest.raises(MoneyError, match="currency code"):
        Money(Decimal(1), currency)


def test_money_is_made_of_finite_decimals_only():
    for wrong in (1, 1.0, "1"):
        with pytest.raises(MoneyError, match="not a Decimal"):
            Money(wrong, "USD")
    with pytest.raises(MoneyError, match="not an amount"):
        Money(Decimal("NaN"), "USD")


def test_two_currencies_never_meet():
    euro = Money(Decimal(1), "EUR")
    for meet in (lambda: usd("1") + euro, lambda: usd("1") - euro, lambda: usd("1") < euro):
        with pytest.raises(MoneyError, match="cannot be combined"):
            meet()
    assert usd("1") != euro


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.0149", "1.01"), ("2.5", "2.50")],
)
def test_halves_are_rounded_away_from_zero(exact, rounded):
    assert str(round_half_up(Decimal(exact), 2)) == rounded


def test_the_units_left_over_go_to_the_largest_remainders_and_the_first_of_equals():
    assert [share.text for share in usd("100.00").split([1, 1, 1])] == ["33.34", "33.33", "33.33"]
    assert [share.text for share in usd("0.05").split([1, 3, 1, 1])] == [
        "0.01", "0.02", "0.01", "0.01",
    ]  # fmt: skip
    assert [share.text for share in usd("0.02").split([0, 1, 0])] == ["0.00", "0.02", "0.00"]


def test_a_negative_amount_is_split_as_its_positive_twin():
    assert [share.text for share in usd("-100").split([1, 1, 1])] == ["-33.34", "-33.33", "-33.33"]


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_a_split_needs_weights(weights):
    with pytest.raises(MoneyError, match="weights"):
        usd("1").split(weights)


def test_what_is_finer_than_the_currency_is_not_split():
    with pytest.raises(MoneyError, match="finer"):
        usd("0.001").split([1])


@given(CENTS, WEIGHTS)
def test_a_split_returns_exactly_its_whole(whole, weights):
    shares = whole.split(weights)
    assert len(shares) == len(weights)
    assert total(shares, "USD") == whole


@given(CENTS, WEIGHTS)
def test_no_share_is_a_unit_or_more_away_from_its_exact_part(whole, weights):
    for share, weight in zip(whole.split(weights), weights, strict=True):
        exact = whole.amount * weight / sum(weights)
        assert abs(share.amount - exact) < Decimal("0.0101")


def test_the_sum_of_nothing_is_zero_in_its_currency():
    assert total([], "JPY") == Money.zero("JPY")
    assert Money.zero("JPY").text == "0"
    assert str(usd("2.5")) == "2.50 USD"
    assert not usd("0.00")

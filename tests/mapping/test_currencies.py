"""Conversion, decimals and form are three steps; a rate is named, dated and never guessed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.money import Money
from mapping.rules import currencies
from mapping.rules.currencies import Converted, CurrencyError, CurrencyRow, Rate
from tests.mapping.rules import usd

DAY = date(2010, 12, 15)
EURO = CurrencyRow(1, "EUR", base="USD", rate_table="daily", max_age_days=3)


def euros(text):
    return Money(Decimal(text), "EUR")


def rate(value="1.3215", days_ago=0, table="daily"):
    return Rate(table, "EUR", "USD", DAY - timedelta(days=days_ago), Decimal(value))


def test_the_newest_rate_that_is_not_after_the_day_is_taken_and_kept_beside_the_amount():
    rates = [rate("1.30", 2), rate("1.32", 1), rate("1.40", -1), rate("9", 0, "monthly")]
    converted = currencies.convert(EURO, euros("10.00"), rates, DAY)
    assert (converted.amount, converted.currency) == (Decimal("13.2000"), "USD")
    assert (converted.original, converted.rate.valid_on) == (euros("10.00"), date(2010, 12, 14))


def test_a_rate_that_is_too_old_is_not_used():
    with pytest.raises(CurrencyError, match="no rate from EUR to USD for 2010-12-15"):
        currencies.convert(EURO, euros("10.00"), [rate(days_ago=4)], DAY)


def test_an_amount_in_the_base_currency_stays_as_it_is():
    row = CurrencyRow(1, "", base="USD", rate_table="daily")
    assert currencies.convert(row, usd("10.00"), [], DAY) == Converted(
        usd("10.00"), Decimal("10.00"), "USD"
    )


def test_conversion_is_rounded_to_what_the_target_keeps_and_says_by_how_much():
    converted = currencies.convert(EURO, euros("10.01"), [rate("1.3215")], DAY)
    amount, difference = currencies.kept(EURO, converted)
    assert (amount, difference) == (usd("13.23"), Decimal("13.23") - Decimal("13.228215"))


@pytest.mark.parametrize(("excess", "kept"), [("refuse", None), ("round", "10.01")])
def test_more_decimals_than_the_target_keeps_are_refused_unless_the_rule_rounds(excess, kept):
    row = CurrencyRow(1, "USD", excess=excess)
    fine = Converted(usd("10.005"), Decimal("10.005"), "USD")
    if kept is None:
        with pytest.raises(CurrencyError, match="more decimals than the 2"):
            currencies.kept(row, fine)
    else:
        assert currencies.kept(row, fine)[0] == usd(kept)


@pytest.mark.parametrize(
    ("style", "text"),
    [("1234.56", "12345.60"), ("1,234.56", "12,345.60"), ("1234,56", "12345,60"),
     ("123456", "1234560")],
)  # fmt: skip
def test_the_amount_is_written_as_the_target_wants_it(style, text):
    assert currencies.written(CurrencyRow(1, "USD", style=style), usd("12345.60")) == text


@given(st.integers(1, 10**10), st.integers(1, 10**8))
def test_rounding_never_moves_more_than_half_a_cent(cents, millionths):
    rates = [rate(f"{Decimal(millionths) / 10**6}")]
    amount = Money(Decimal(cents) / 100, "EUR")
    converted = currencies.convert(EURO, amount, rates, DAY)
    kept, difference = currencies.kept(EURO, converted)
    assert kept.amount == converted.amount + difference
    assert abs(difference) <= Decimal("0.005")

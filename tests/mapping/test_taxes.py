"""Tax components get a code and an account, each by rule, and are worked out anew to compare."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.rules.taxes import TaxComponent, TaxRow, map_component
from tests.mapping.rules import usd

ROWS = (
    TaxRow(1, "state", "NY-CLOTH", "2201", "NY", "clothing", Decimal(0)),
    TaxRow(2, "state", "NY", "2202", "NY", percent=Decimal("4.0"), tolerance=Decimal("0.01")),
    TaxRow(3, "county", "CTY", "2203"),
)


def taxed(component="state", taxable="100.00", charged="4.00", where="NY", category=""):
    return TaxComponent(component, usd(taxable), usd(charged), where, category)


@pytest.mark.parametrize(
    ("component", "code", "account"),
    [
        (taxed(), "NY", "2202"),
        (taxed(category="Clothing", charged="0.00"), "NY-CLOTH", "2201"),
        (taxed("county", where="Kings"), "CTY", "2203"),
    ],
)
def test_the_first_rule_that_holds_gives_code_and_account(component, code, account):
    row = map_component(ROWS, component).row
    assert (row.tax_code, row.account) == (code, account)


def test_a_component_without_a_rule_is_not_guessed():
    assert map_component(ROWS, taxed("city")) is None


@pytest.mark.parametrize(
    ("charged", "difference", "is_fine"),
    [("4.00", "0.00", True), ("4.01", "0.01", True), ("4.02", "0.02", False)],
)
def test_what_was_charged_stays_and_the_difference_is_said(charged, difference, is_fine):
    mapped = map_component(ROWS, taxed(charged=charged))
    assert (mapped.source.charged, mapped.recomputed) == (usd(charged), usd("4.00"))
    assert (mapped.difference, mapped.is_within_tolerance) == (usd(difference), is_fine)


def test_without_a_percentage_nothing_is_compared():
    mapped = map_component(ROWS, taxed("county", charged="7.77"))
    assert (mapped.recomputed, mapped.difference) == (None, usd("0.00"))


@given(st.integers(1, 10**9))
def test_a_tax_is_worked_out_to_the_cent(cents):
    taxable = usd(f"{Decimal(cents) / 100:.2f}")
    recomputed = map_component(ROWS, taxed(taxable=str(taxable.amount))).recomputed
    exact = taxable.amount * Decimal("0.04")
    assert abs(recomputed.amount - exact) <= Decimal("0.005")

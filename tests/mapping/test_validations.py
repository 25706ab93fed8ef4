"""Checks before a document goes out: what is looked at, how exact, and what follows."""

from decimal import Decimal

import pytest

from mapping.rules.validations import Checked, ValidationRow, validate
from tests.mapping.rules import usd


def checked(amount="100.00", kind="sale", method="Visa", **facts):
    return Checked(usd(amount), kind, method, **facts)


def row(checks, severity="hold", **fields):
    return ValidationRow(1, checks, severity, **fields)


@pytest.mark.parametrize(
    ("checks", "facts", "message"),
    [
        ("amount_matches", {"expected": usd("90.00")}, "10.00 USD more than the 90.00 USD"),
        ("amount_matches", {"expected": usd("130.00")}, "30.00 USD less than the 130.00 USD"),
        ("customer_exists", {"customer_id": ""}, "no customer of the ERP"),
        ("period_open", {"period_is_open": False}, "closed in the ERP"),
        ("not_zero", {"amount": "0.00"}, "zero"),
        ("lines_add_up", {"lines": (usd("60.00"), usd("30.00"))}, "come to 90.00 USD"),
    ],
)
def test_what_does_not_hold_is_said_in_words(checks, facts, message):
    (finding,) = validate((row(checks),), checked(**facts))
    assert message in finding.message
    assert finding.holds_back


@pytest.mark.parametrize(
    ("checks", "facts"),
    [
        ("amount_matches", {"expected": usd("100.00")}),
        ("amount_matches", {}),
        ("customer_exists", {"customer_id": "17850"}),
        ("customer_exists", {}),
        ("period_open", {"period_is_open": True}),
        ("not_zero", {}),
        ("lines_add_up", {"lines": (usd("60.00"), usd("40.00"))}),
    ],
)
def test_what_holds_or_is_not_known_says_nothing(checks, facts):
    assert validate((row(checks),), checked(**facts)) == ()


@pytest.mark.parametrize(("expected", "found"), [("99.95", 0), ("99.94", 1), ("100.06", 1)])
def test_up_to_the_tolerance_amounts_match(expected, found):
    rows = (row("amount_matches", "warn", tolerance=Decimal("0.05")),)
    assert len(validate(rows, checked(expected=usd(expected)))) == found


def test_an_exception_to_a_check_stands_above_it():
    rows = (row("not_zero", "off", kind="authorization"), row("not_zero", "warn"))
    assert validate(rows, checked("0.00", kind="authorization")) == ()
    (finding,) = validate(rows, checked("0.00"))
    assert not finding.holds_back


def test_what_no_rule_asks_for_is_not_checked():
    assert validate((), checked("0.00")) == ()

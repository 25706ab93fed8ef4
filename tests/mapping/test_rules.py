from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.money import Money
from mapping.choices import AccountRole
from mapping.problems import ProblemKind, UnmappedError
from mapping.rules import accounts, fees, methods, statuses
from mapping.rules.accounts import AccountRow
from mapping.rules.rows import first, in_order, shadowed, tried
from tests.mapping.rules import rule_book, usd


@pytest.mark.parametrize(
    ("condition", "value", "is_met"),
    [("", "anything", True), ("", "", True), ("Sale", "sale", True), ("sale", "", False)],
)
def test_an_empty_condition_holds_for_everything(condition, value, is_met):
    row = AccountRow(1, "clearing", "1050", kind=condition)
    assert bool(first([row], {"role": "clearing", "kind": value})) is is_met


def test_each_row_says_why_it_did_not_fire():
    rows = (
        AccountRow(1, "clearing", "1051", method="Amex", currency="EUR"),
        AccountRow(2, "clearing", "1052"),
        AccountRow(3, "clearing", "1053", method="Visa"),
    )
    asked = {"role": "clearing", "method": "visa", "currency": "USD"}
    told = [(t.fired, t.failing, t.came_too_late) for t in tried(rows, asked)]
    assert told == [
        (False, ("method", "currency"), False),
        (True, (), False),
        (False, (), True),
    ]


def test_a_row_behind_a_wider_one_can_never_fire():
    wide = AccountRow(1, "clearing", "1050", method="Master-Card")
    narrow = AccountRow(2, "clearing", "1051", method="mastercard", currency="USD")
    other = AccountRow(3, "clearing", "1052")
    assert shadowed([wide, narrow, other]) == [(narrow, wide)]
    assert shadowed([narrow, wide, other]) == []


def test_rows_are_asked_in_the_order_of_their_positions():
    rows = [methods.MethodRow(2, "", "CC"), methods.MethodRow(1, "visa", "VISA")]
    assert [row.position for row in in_order(rows)] == [1, 2]
    assert methods.choose(in_order(rows), "Visa").erp_method == "VISA"


def test_the_first_account_row_whose_conditions_hold_wins():
    rows = (
        accounts.AccountRow(1, "clearing", "1051", method="AMEX"),
        accounts.AccountRow(2, "clearing", "1052", kind="refund"),
        accounts.AccountRow(3, "clearing", "1050"),
    )
    asked = (("sale", "amex"), ("refund", "VISA"), ("sale", "VISA"))
    chosen = [accounts.choose(rows, "clearing", *who).account for who in asked]
    assert chosen == ["1051", "1052", "1050"]
    assert accounts.choose(rows, "bank", "sale", "VISA") is None


@pytest.mark.parametrize("spelled", ["MasterCard", "Mastercard", "MASTER-CARD", "master card"])
def test_a_card_brand_is_known_however_it_is_spelled(spelled):
    rows = (methods.MethodRow(1, "Mastercard", "MC"),)
    assert methods.choose(rows, spelled).erp_method == "MC"
    assert methods.choose(rows, "Maestro") is None


def test_a_status_row_needs_kind_and_status():
    rows = (
        statuses.StatusRow(1, "refund", "settled", "refund_journal"),
        statuses.StatusRow(2, "", "voided", "none"),
    )
    assert statuses.choose(rows, "refund", "settled").action == "refund_journal"
    assert statuses.choose(rows, "sale", "voided").position == 2
    assert statuses.choose(rows, "sale", "settled") is None


@pytest.mark.parametrize(
    ("sale", "fee"), [("100.00", "3.20"), ("0.05", "0.30"), ("50.00", "1.75"), ("12.07", "0.65")]
)
def test_the_fee_is_percent_plus_fixed_rounded_half_up(sale, fee):
    row = fees.FeeRow(1, "", Decimal("2.9"), Decimal("0.30"))
    assert row.fee(usd(sale)) == usd(fee)


@given(st.integers(1, 10**9))
def test_a_fee_is_never_more_than_half_a_cent_away_from_the_contract(cents):
    sale = Money(Decimal(cents) / 100, "USD")
    fee = fees.FeeRow(1, "", Decimal("2.9"), Decimal("0.30")).fee(sale)
    assert abs(fee.amount - (sale.amount * Decimal("0.029") + Decimal("0.30"))) <= Decimal("0.005")


def test_without_a_fee_rule_there_is_no_fee():
    assert rule_book(fees=()).fee(usd("10"), "VISA") == (usd("0.00"), "no fee rule")
    only_amex = rule_book(fees=(fees.FeeRow(1, "AMEX", Decimal(3), Decimal(0)),))
    assert only_amex.fee(usd("10"), "VISA")[0] == usd("0.00")


def test_an_account_that_is_not_mapped_is_a_problem_that_suggests_the_mapping():
    with pytest.raises(UnmappedError, match="clearing of a sale by VISA") as caught:
        rule_book(accounts=()).account(AccountRole.CLEARING, usd("5"), kind="sale", method="VISA")
    problem = caught.value.problem
    assert (problem.kind, problem.amount) == (ProblemKind.ACCOUNT_UNMAPPED, usd("5"))
    assert [(s.action, s.value) for s in problem.suggestions] == [("map_account", "clearing")]


def test_a_method_that_is_not_mapped_is_a_problem():
    with pytest.raises(UnmappedError, match="an unnamed card") as caught:
        rule_book(methods=(methods.MethodRow(1, "Visa", "VISA"),)).method("", usd("5"))
    assert caught.value.problem.kind == ProblemKind.METHOD_UNMAPPED


def test_a_status_without_a_rule_is_a_problem():
    with pytest.raises(UnmappedError, match="a sale that is charged_back") as caught:
        rule_book().status("sale", "charged_back", usd("5"))
    assert caught.value.problem.kind == ProblemKind.ACTION_UNMAPPED


def test_every_row_has_a_name_that_a_person_understands():
    assert (
        rule_book().status("refund", "settled", usd("1")).name
        == "status 1: refund settled → refund_journal"
    )
    assert rule_book().fee(usd("10"), "VISA")[1] == "fee 1: 2.9 % + 0.30"

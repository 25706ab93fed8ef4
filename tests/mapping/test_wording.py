from dataclasses import replace
from decimal import Decimal

import pytest

from mapping.changes import compare
from mapping.rules.accounts import AccountRow
from mapping.rules.fees import FeeRow
from mapping.rules.methods import MethodRow
from mapping.rules.statuses import StatusRow
from mapping.wording import deposits_of, sheets_of
from tests.mapping.rules import rule_book


def lines(key, **rows):
    book = rule_book(**{name: tuple(each) for name, each in rows.items()})
    [sheet] = [sheet for sheet in sheets_of(book, "USD") if sheet.key == key]
    return [(line.when, line.then) for line in sheet.lines]


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("sale", "settled", "A sale that is settled"),
        ("authorization", "partially_refunded", "An authorization that is partially refunded"),
        ("refund", "", "A refund, whatever its status"),
        ("", "voided", "Anything that is voided"),
        ("", "", "Anything else"),
    ],
)
def test_a_status_rule_reads_as_a_sentence(kind, status, said):
    row = StatusRow(1, kind, status, "cash_receipt")
    assert lines("statuses", statuses=[row]) == [(said, "Cash receipt")]


def test_a_status_that_is_shown_in_the_erp_is_named():
    row = StatusRow(1, "sale", "settled", "none", "PAID")
    assert lines("statuses", statuses=[row])[0][1] == "Nothing to post, shown as “PAID”"


def test_an_account_says_what_it_is_for():
    rows = [AccountRow(1, "clearing", "1051", "refund", "VISA"), AccountRow(2, "clearing", "1050")]
    assert lines("accounts", accounts=rows) == [
        ("Card clearing of a refund by VISA", "1051"),
        ("Card clearing", "1050"),
    ]


def test_an_account_of_one_place_and_currency_names_them():
    row = AccountRow(1, "clearing", "1051", currency="EUR", location="Reno", department="Bar")
    assert lines("accounts", accounts=[row]) == [("Card clearing in EUR, Reno, Bar", "1051")]


def test_a_row_that_an_earlier_one_leaves_nothing_for_says_so():
    book = rule_book(accounts=(BANK, replace(BANK, position=2, account="9999")))
    [sheet] = [each for each in sheets_of(book, "USD") if each.key == "accounts"]
    assert [line.taken_by for line in sheet.lines] == [0, 1]


def test_the_last_method_is_any_other_and_an_only_one_is_every():
    rows = [MethodRow(1, "VISA", "CC-V"), MethodRow(2, "", "CC")]
    assert [when for when, _ in lines("methods", methods=rows)] == ["VISA", "Any other method"]
    assert [when for when, _ in lines("methods", methods=rows[1:])] == ["Every method"]


@pytest.mark.parametrize(
    ("percent", "fixed", "said"),
    [
        ("2.9000", "0.30", "2.9 % and 0.30 USD"),
        ("10.0000", "0.00", "10 %"),
        ("0", "0.05", "0.05 USD"),
        ("0", "0", "nothing"),
    ],
)
def test_a_fee_leaves_out_the_part_that_is_nothing(percent, fixed, said):
    row = FeeRow(1, "", Decimal(percent), Decimal(fixed))
    assert lines("fees", fees=[row]) == [("Every card", said)]


def test_without_a_text_no_line_is_a_deposit():
    book = rule_book(deposit_pattern="")
    assert deposits_of(book).lines == []


def changed(before, after):
    book = rule_book()
    sides = [sheets_of(replace(book, accounts=tuple(rows)), "USD") for rows in (before, after)]
    return compare(*sides)


BANK, FEES = AccountRow(1, "bank", "1000"), AccountRow(2, "fees", "6200")


def test_new_gone_and_changed_rows_are_told_by_what_they_are_for():
    returns = AccountRow(2, "returns", "4100")
    found = changed([BANK, FEES], [replace(BANK, account="1001"), returns])
    assert [(each.word, each.when, each.before, each.after) for each in found.changes] == [
        ("Changed", "Bank", "1000", "1001"),
        ("New", "Sales returns", "", "4100"),
        ("Gone", "Processing fees", "6200", ""),
    ]
    assert found.reordered == []


def test_another_order_is_a_change_and_a_new_row_between_is_none():
    assert changed([BANK, FEES], [FEES, BANK]).reordered == ["Ledger accounts"]
    new = AccountRow(2, "returns", "4100")
    assert changed([BANK, FEES], [BANK, new, FEES]).reordered == []


def test_a_row_that_is_never_reached_changes_nothing():
    assert not changed([BANK], [BANK, replace(BANK, position=2, account="9999")])

"""A payment in another currency than its pair's: held, with what it comes to by the rules."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.money import Money
from mapping.decide import StandingReceipt, decide
from mapping.decide.foreign import as_booked
from mapping.impact import redo
from mapping.problems import ProblemKind
from mapping.rules.currencies import CurrencyRow, Rate
from tests.mapping.rules import DAY, desk, payment, rule_book

EURO = CurrencyRow(1, "EUR", base="USD", rate_table="daily", max_age_days=3)


def paid(**changes):
    return replace(payment(typed=""), amount=Money(Decimal("10.01"), "EUR"), **changes)


def at(days_ago=0, rate="1.3215"):
    on = desk()
    on.currency = "USD"
    on.rates = (Rate("daily", "EUR", "USD", DAY - timedelta(days=days_ago), Decimal(rate)),)
    return on


def worth(decision):
    return dict(decision.problems[0].details)["worth"]


def test_it_is_held_and_says_both_currencies():
    decision = decide(paid(), rule_book(), at())
    assert (decision.is_held, decision.receipt) == (True, None)
    [problem] = decision.problems
    assert (problem.kind, problem.amount.currency) == (ProblemKind.CURRENCY_FOREIGN, "EUR")
    assert "posts in USD and in nothing else" in problem.message


def test_what_it_comes_to_is_said_with_table_day_rate_and_rounding():
    decision = decide(paid(), rule_book(currencies=(EURO,)), at(days_ago=1))
    said = "13.23 USD by daily: 1 EUR = 1.3215 USD from 2010-11-30, rounded by 0.001785"
    assert worth(decision) == said


@pytest.mark.parametrize(
    ("rows", "days_ago", "said"),
    [
        ((), 0, "No rule converts EUR to USD."),
        ((replace(EURO, base="CAD"),), 0, "No rule converts EUR to USD."),
        ((EURO,), 4, "Table daily has no rate from EUR to USD for 2010-12-01"),
        ((EURO,), -1, "Table daily has no rate"),
    ],
)
def test_without_a_rule_or_a_rate_nothing_is_guessed(rows, days_ago, said):
    assert said in worth(decide(paid(), rule_book(currencies=rows), at(days_ago)))


def test_refunds_are_held_and_what_leads_to_nothing_is_not():
    refund = paid(kind="refund", parent_id="900")
    assert decide(refund, rule_book(), at()).is_held
    assert not decide(paid(status="declined"), rule_book(), at()).is_held


def test_the_pairs_own_currency_is_decided_as_ever():
    decision = decide(payment(), rule_book(currencies=(EURO,)), at())
    assert decision.receipt == decide(payment(), rule_book(), desk()).receipt


def test_a_replay_finds_nothing_new_in_it():
    standing = StandingReceipt("17850", (), None, True)
    assert redo(paid(), rule_book(), "SOA", standing, "USD").documents == ()


ALONE = replace(EURO, alone_days=1, alone_up_to=Decimal(100))


def booked(payment, *rows, on=None):
    return as_booked(payment, rule_book(currencies=rows), on or at())


def test_a_rule_that_says_so_books_it_by_itself_and_the_receipt_tells_how():
    payment = booked(paid(), ALONE, on=at(days_ago=1))
    assert payment.amount == Money(Decimal("13.23"), "USD")
    assert payment.conversion.rule == "rule:currency 1 of version 1"
    decision = decide(payment, rule_book(currencies=(ALONE,)), at())
    assert "EUR x1.3215 daily 2010-11-30 r.0018" in decision.receipt.comment
    assert "currency 1 of version 1" in decision.rules


@pytest.mark.parametrize(
    ("row", "days_ago", "why"),
    [
        (ALONE, 2, "is of 2010-11-29, 2 days old; the rule takes one of at most 1 by itself."),
        (ALONE, 4, "has no rate from EUR to USD"),
        (replace(ALONE, alone_up_to=Decimal(13)), 0, "by itself the rule books up to 13.00 USD."),
    ],
)
def test_what_it_leaves_to_a_person_says_why(row, days_ago, why):
    payment = booked(paid(), row, on=at(days_ago))
    assert payment.conversion is None
    [problem] = decide(payment, rule_book(currencies=(row,)), at(days_ago)).problems
    assert why in problem.message


def test_without_such_a_rule_it_is_as_ever_and_nothing_is_said():
    assert booked(paid(), EURO).conversion is None
    [problem] = decide(paid(), rule_book(currencies=(EURO,)), at()).problems
    assert problem.message.endswith("in nothing else.")


def test_what_leads_to_nothing_is_not_converted():
    assert booked(paid(status="declined"), ALONE).conversion is None
    assert booked(paid(status="unheard of"), ALONE).conversion is None


def test_a_replay_converts_it_as_the_rule_would():
    standing = StandingReceipt("17850", (), None, True)
    book = rule_book(currencies=(ALONE,))
    [receipt] = redo(paid(), book, "SOA", standing, "USD", None, at().rates).documents
    assert receipt.draft["amount"] == "13.23 USD"

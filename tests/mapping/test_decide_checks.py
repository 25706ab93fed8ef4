"""Validations as a payment is decided: what holds it back, is only shown, or is not asked."""

from dataclasses import replace
from decimal import Decimal

import pytest

from mapping.choices import Action
from mapping.decide import StandingReceipt, decide
from mapping.impact import redo, standing_of
from mapping.problems import ProblemKind
from mapping.rules.statuses import StatusRow
from mapping.rules.validations import ValidationRow
from tests.mapping.rules import DAY, desk, item, payment, rule_book, usd


def rules(*rows):
    numbered = [replace(row, position=place) for place, row in enumerate(rows, 1)]
    return rule_book(validations=tuple(numbered))


def check(name, severity="hold", **more):
    return ValidationRow(1, name, severity, **more)


def test_a_payment_that_a_check_stops_owes_nothing_and_says_which_row_asked():
    on = desk(item(536365))
    decision = decide(payment("90.00"), rules(check("not_zero"), check("amount_matches")), on)
    assert (decision.is_held, decision.receipt, decision.rules) == (True, None, ())
    [problem] = decision.problems
    assert (problem.kind, problem.amount) == (ProblemKind.VALIDATION_HELD, usd("90.00"))
    assert dict(problem.details)["rule"] == "validation 2 of version 1"
    [field] = dict(problem.details)["checks"]
    assert (field["wanted"], field["found"]) == ("100.00 USD, up to 0 more or less", "90.00 USD")


def test_what_is_stopped_takes_nothing_from_its_invoice():
    on = desk(item(536365))
    decide(payment("90.00"), rules(check("amount_matches")), on)
    assert (on.available["k536365"], on.paid_by_us) == (usd("100.00"), set())


def test_a_warning_is_posted_and_shown():
    decision = decide(payment("90.00"), rules(check("amount_matches", "warn")), desk(item(536365)))
    assert decision.receipt.applications[0].amount == usd("90.00")
    assert [problem.kind for problem in decision.problems] == [ProblemKind.VALIDATION_WARNED]


def test_what_holds_is_posted_as_without_the_check_and_the_row_is_named():
    with_row = decide(payment(), rules(check("amount_matches")), desk(item(536365)))
    without = decide(payment(), rule_book(), desk(item(536365)))
    assert with_row.receipt == without.receipt
    assert with_row.rules == (*without.rules, "validation 1: amount_matches → hold")


@pytest.mark.parametrize(
    ("name", "paid", "on"),
    [
        ("customer_exists", payment(typed="", customer_ref="nobody"), desk()),
        ("not_zero", payment("0.00"), desk(item(536365))),
    ],
)
def test_each_check_stops_a_payment(name, paid, on):
    assert decide(paid, rules(check(name)), on).is_held
    assert not decide(paid, rules(check(name, "off")), on).is_held


def test_a_closed_period_stops_a_payment_where_the_erp_was_asked():
    on = desk(item(536365))
    assert not decide(payment(), rules(check("period_open")), on).is_held
    on.closed_days = frozenset({DAY})
    assert decide(payment(), rules(check("period_open")), on).is_held


def test_an_unknown_invoice_leaves_open_what_was_asked_for():
    decision = decide(payment("90.00", "999999"), rules(check("amount_matches")), desk())
    assert (decision.is_held, decision.asked) == (False, None)


def test_what_a_person_accepted_is_not_stopped_by_it_again():
    accepted = payment("90.00", accepted=frozenset({"amount_matches"}))
    found = (check("amount_matches"), check("customer_exists"))
    assert not decide(accepted, rules(*found), desk(item(536365))).is_held
    assert decide(
        replace(accepted, customer_ref="x", references=()), rules(*found), desk(item(536365))
    ).is_held


def test_a_refund_is_checked_too():
    refund = payment(kind="refund", typed="", customer_ref="nobody", parent_id="900")
    assert decide(refund, rules(check("customer_exists", kind="refund")), desk()).is_held
    decision = decide(refund, rules(check("lines_add_up")), desk())
    assert (decision.is_held, decision.refund.lines[0].debit) == (False, usd("100.00"))


def test_what_leads_to_nothing_is_not_checked():
    declined = payment("0.00", status="declined")
    decision = decide(declined, rules(check("not_zero")), desk())
    assert (decision.action, decision.is_held) == (Action.NONE, False)


def test_what_stands_in_the_erp_already_is_not_checked():
    on = desk(item(536365))
    on.standing = {"1001": StandingReceipt("17850", ())}
    assert not decide(payment("90.00"), rules(check("amount_matches")), on).is_held


def test_a_replay_checks_by_what_the_invoices_asked_for_then():
    paid = payment("90.00")
    posted = decide(paid, rule_book(), desk(item(536365)))
    standing = StandingReceipt("17850", posted.receipt.applications, usd("100.00"), True)
    stopped = redo(paid, rules(check("amount_matches", tolerance=Decimal("9.99"))), "SOA", standing)
    assert "10.00 USD less than the 100.00 USD" in stopped.held
    within = redo(paid, rules(check("amount_matches", tolerance=Decimal(10))), "SOA", standing)
    assert [document.kind for document in within.documents] == ["receipt"]


def test_a_replay_does_not_check_what_it_does_not_know():
    standing = standing_of([], "17850")
    assert standing.is_replayed
    assert not redo(payment("90.00"), rules(check("amount_matches")), "SOA", standing).held


def test_the_action_of_a_status_comes_before_its_checks():
    book = replace(rules(check("not_zero")), statuses=(StatusRow(1, "", "", Action.NONE),))
    assert not decide(payment("0.00"), book, desk()).is_held

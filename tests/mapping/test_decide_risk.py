"""Risk rules as a payment is decided: flagged, held or blocked, by which rule and which figures."""

from dataclasses import replace
from decimal import Decimal

import pytest

from mapping.choices import Action
from mapping.decide import StandingReceipt, customer_of, decide
from mapping.decide.risk import REFUSED, RELEASED
from mapping.impact import redo
from mapping.problems import ProblemKind
from mapping.rules.risks import History, RiskRow
from mapping.rules.statuses import StatusRow
from mapping.rules.validations import ValidationRow
from tests.mapping.rules import desk, item, payment, rule_book, usd


def rules(level, **more):
    row = RiskRow(1, level, "Far more than usual", times_usual=Decimal(5))
    return rule_book(risks=(row,), **more)


def unusual():
    """A desk on which 17850 has always paid 10.00."""
    on = desk(item(536365))
    on.histories = {"1001": History(paid=(Decimal(10),) * 6)}
    return on


def kinds(decision):
    return [problem.kind for problem in decision.problems]


def test_what_is_flagged_is_posted_as_without_the_rule_and_shown():
    decision = decide(payment(), rules("flag"), unusual())
    without = decide(payment(), rule_book(), desk(item(536365)))
    assert (decision.receipt, kinds(decision)) == (without.receipt, [ProblemKind.RISK_FLAGGED])
    assert decision.rules == (*without.rules, "risk 1: times_usual 5 → flag")


def test_what_is_held_owes_nothing_and_says_rule_reason_and_figures():
    on = unusual()
    decision = decide(payment(), rules("hold"), on)
    assert (decision.is_held, decision.receipt, decision.customer_id) == (True, None, "17850")
    [problem] = decision.problems
    assert problem.message == (
        "Far more than usual. Times the usual amount: 10.0 times 10.00 USD, the median of the last"
        " 6 payments (asked: more than 5 times)."
    )
    assert dict(problem.details)["rule"] == "risk 1 of version 1"
    assert on.available["k536365"] == usd("100.00")


def test_what_is_blocked_and_taken_stands_with_nobody_and_pays_no_invoice():
    on = unusual()
    decision = decide(payment(), rules("block"), on)
    receipt = decision.receipt
    assert (receipt.customer_id, receipt.offset_account, receipt.applications) == ("", "2300", ())
    assert (decision.placement, kinds(decision)) == ("unidentified", [ProblemKind.RISK_BLOCKED])
    assert (on.available["k536365"], on.paid_by_us) == (usd("100.00"), set())


def test_what_is_blocked_before_the_gateway_takes_it_owes_nothing():
    book = rules("block", statuses=(StatusRow(1, "sale", "captured", Action.CASH_RECEIPT),))
    decision = decide(payment(status="captured"), book, unusual())
    assert (decision.is_held, kinds(decision)) == (True, [ProblemKind.RISK_BLOCKED])
    assert decision.problems[0].message.endswith("Nothing is posted.")


@pytest.mark.parametrize("level", ["hold", "block"])
def test_what_a_person_released_is_posted_as_without_the_rule(level):
    decision = decide(payment(accepted=frozenset({RELEASED})), rules(level), unusual())
    assert (decision.receipt.customer_id, kinds(decision)) == ("17850", [])
    assert decision.rules[-1] == "released by a person"


def test_what_a_person_refused_is_blocked_until_a_person_releases_it():
    refused = payment(accepted=frozenset({REFUSED}))
    decision = decide(refused, rules("hold"), unusual())
    assert (decision.receipt.customer_id, kinds(decision)) == ("", [ProblemKind.RISK_BLOCKED])
    assert decision.problems[0].message.startswith("Refused by a person. Far more than usual.")
    released = replace(refused, accepted=frozenset({REFUSED, RELEASED}))
    assert decide(released, rules("hold"), unusual()).receipt.customer_id == "17850"


def test_a_row_above_lets_a_customer_pass():
    passing = RiskRow(1, "pass", customer_ref="17850")
    book = replace(rules("block"), risks=(passing, *rules("block").risks))
    assert kinds(decide(payment(), book, unusual())) == []


def test_a_check_that_does_not_hold_comes_first():
    checked = ValidationRow(1, "amount_matches", "hold")
    book = replace(rules("block"), validations=(checked,))
    decision = decide(payment("90.00"), book, unusual())
    assert kinds(decision) == [ProblemKind.VALIDATION_HELD]


def test_refunds_and_what_stands_in_the_erp_are_not_weighed():
    book = rule_book(risks=(RiskRow(1, "block"),))
    refund = payment(kind="refund", typed="", parent_id="900")
    assert ProblemKind.RISK_BLOCKED not in kinds(decide(refund, book, desk()))
    on = desk(item(536365))
    on.standing = {"1001": StandingReceipt("17850", ())}
    assert ProblemKind.RISK_BLOCKED not in kinds(decide(payment(), book, on))


def test_whose_payment_it_is_is_known_by_payer_or_invoice_before_it_is_decided():
    on = desk(item(536365))
    assert customer_of(payment(customer_ref=""), on) == "17850"
    assert customer_of(payment(customer_ref="nobody", typed=""), on) == ""


@pytest.mark.parametrize(("level", "kept"), [("flag", True), ("hold", False), ("block", False)])
def test_a_replay_says_what_a_rule_would_have_done_and_why(level, kept):
    posted = decide(payment(), rule_book(), desk(item(536365)))
    standing = StandingReceipt("17850", posted.receipt.applications, None, True)
    history = unusual().histories["1001"]
    redone = redo(payment(), rules(level), "SOA", standing, "USD", history)
    [before] = redo(payment(), rule_book(), "SOA", standing, "USD").documents
    assert ((before in redone.documents), "10.0 times 10.00" in redone.held) == (kept, not kept)

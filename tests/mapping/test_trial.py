"""A rule set tried on a payment says of every row whether it fires, and why not."""

from datetime import date
from decimal import Decimal

import pytest

from integrations.money import Money
from mapping.choices import AccountRole
from mapping.decide import Desk, Payment, decide
from mapping.kinds import KINDS
from mapping.rules.accounts import AccountRow
from mapping.rules.fees import FeeRow
from mapping.trial import try_rules
from tests.mapping.rules import rule_book

FACTS = {
    "kind": "sale", "status": "settled", "method": "VISA", "currency": "USD", "customer_ref": "",
}  # fmt: skip


def asked(kind, rows, about="", **facts):
    found = try_rules(KINDS[kind], rows, FACTS | facts)
    return next(each for each in found if each.about == about)


def test_every_row_says_why_it_did_not_fire():
    rows = [
        AccountRow(1, "clearing", "1", method="Amex"),
        AccountRow(2, "clearing", "2", location="Berlin"),
        AccountRow(3, "bank", "3"),
        AccountRow(4, "clearing", "4", currency="usd"),
        AccountRow(5, "clearing", "5"),
    ]
    question = asked("accounts", rows, "Card clearing")
    assert question.fired.position == 4
    assert [each.why for each in question.outcomes] == [
        "Card or method has to be Amex, and is VISA.",
        "Location has to be Berlin, and a payment says nothing of it here.",
        "For has to be Bank, and is Card clearing.",
        "",
        "It holds too, but a row above had fired already.",
    ]


def test_what_a_payment_does_not_have_is_said():
    question = asked("fees", [FeeRow(1, "Amex", Decimal(3), Decimal(0))], method="")
    assert question.fired is None
    assert question.outcomes[0].why == "Card or method has to be Amex; this payment has none."


@pytest.mark.parametrize("slug", ["taxes", "items"])
def test_kinds_that_a_payment_says_nothing_of_are_not_asked(slug):
    assert try_rules(KINDS[slug], (), FACTS) == []


@pytest.mark.parametrize("kind", ["sale", "refund"])
def test_what_fires_here_is_what_fires_when_it_is_decided(kind):
    rules = rule_book(
        accounts=(
            AccountRow(1, "clearing", "1051", kind="refund"),
            AccountRow(2, "clearing", "1050"),
            AccountRow(3, "refunds", "2310", kind="refund"),
            AccountRow(4, "refunds", "2311"),
            AccountRow(5, "unidentified", "2300", method="Visa"),
        )
    )
    payment = Payment(
        vendor_id="1", kind=kind, status="settled", amount=Money(Decimal(5), "USD"),
        business_on=date(2011, 2, 14), settlement_ref="PT:1", customer_ref="", references=(),
        method="VISA", parent_id="0",
    )  # fmt: skip
    decision = decide(payment, rules, Desk("SOA", {}, {}, {}))
    facts = FACTS | {"kind": kind}
    fired = {
        next(row.name for row in rows if row.position == question.fired.position)
        for slug, rows in (("accounts", rules.accounts), ("statuses", rules.statuses),
                           ("methods", rules.methods))
        for question in try_rules(KINDS[slug], rows, facts)
        if question.fired and question.about in ("", *AccountRole.labels)
    }  # fmt: skip
    assert len(decision.rules) > 2
    assert set(decision.rules) <= fired

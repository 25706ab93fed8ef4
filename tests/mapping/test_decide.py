from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import ApplicationDraft
from integrations.money import Money, total
from mapping.choices import AccountRole, Action
from mapping.decide import StandingReceipt, decide
from mapping.problems import ProblemKind
from mapping.references import references
from mapping.rules.customers import CustomerRow
from mapping.rules.statuses import StatusRow
from tests.mapping.rules import DAY, desk, item, payment, rule_book, usd


def decided(paid, on, rules=None):
    return decide(paid, rules or rule_book(), on)


def applied(decision):
    return [(a.document_no, a.amount.text) for a in decision.receipt.applications]


def problems(decision):
    return [problem.kind for problem in decision.problems]


def test_an_exact_payment_is_applied_to_its_invoice():
    decision = decided(payment(), desk(item(536365)))
    assert applied(decision) == [("IN-536365", "100.00")]
    assert (decision.placement, decision.customer_id, problems(decision)) == (
        "applied",
        "17850",
        [],
    )
    assert decision.clearing_account == "1050"


def test_a_receipt_says_all_that_the_erp_needs():
    receipt = decided(payment(), desk(item(536365))).receipt
    assert (receipt.company, receipt.received_on, receipt.method) == ("SOA", DAY, "VISA")
    assert (receipt.payment_ref, receipt.settlement_ref) == ("1001", "PT-7")
    assert (receipt.amount, receipt.offset_account) == (usd("100"), "")


def test_every_rule_that_fired_is_named():
    fired = decided(payment(), desk(item(536365))).rules
    assert [name.split()[0] for name in fired] == ["status", "account", "method"]


def test_a_partial_payment_leaves_the_rest_open():
    on = desk(item(536365))
    decision = decided(payment("40.00"), on)
    assert applied(decision) == [("IN-536365", "40.00")]
    assert problems(decision) == []
    assert on.available["k536365"] == usd("60.00")


def test_what_stands_in_the_erp_already_is_taken_as_it_stands():
    on = desk(item(536365), item(536366))
    parts = (
        ApplicationDraft("k536365", "IN-536365", usd("60")),
        ApplicationDraft("k536366", "IN-536366", usd("40")),
    )
    on.standing = {"1001": StandingReceipt("17850", parts)}
    before = dict(on.available)
    paid = replace(payment(), references=tuple(references(["536366, 536365"])))
    decision = decided(paid, on)
    assert applied(decision) == [("IN-536366", "40.00"), ("IN-536365", "60.00")]
    assert (decision.rules[0], on.available) == ("already in the ERP", before)


def test_what_stands_for_another_customer_is_decided_anew():
    on = desk(item(536365))
    on.standing = {"1001": StandingReceipt("99999", ())}
    decision = decided(payment(), on)
    assert applied(decision) == [("IN-536365", "100.00")]
    assert "already in the ERP" not in decision.rules


def test_what_is_too_much_stands_on_account_and_is_shown():
    decision = decided(payment("130.00"), desk(item(536365)))
    assert applied(decision) == [("IN-536365", "100.00")]
    [problem] = decision.problems
    assert (problem.kind, problem.amount) == (ProblemKind.OVERPAID, usd("30.00"))


@pytest.mark.parametrize(
    ("amount", "payer", "found"),
    [
        ("40.00", "17850", [("IN-A351", "40.00")]),
        ("100.00", "", [("IN-A351", "100.00")]),
        ("40.00", "", []),
    ],
)
def test_a_weak_reference_counts_for_its_own_customer_or_its_exact_amount(amount, payer, found):
    said = tuple(references(["", "A351 - thanks"]))
    decision = decided(payment(amount, references=said, customer_ref=payer), desk(item("A351")))
    assert applied(decision) == found


def test_the_whole_field_wins_over_its_parts():
    said = tuple(references(["2011/15"]))
    on = desk(item("2011/15"), item("2011"))
    assert applied(decided(payment(references=said), on)) == [("IN-2011/15", "100.00")]


def test_several_invoices_are_paid_in_the_order_typed():
    decision = decided(payment("150.00", "536366/536365"), desk(item(536365), item(536366)))
    assert applied(decision) == [("IN-536366", "100.00"), ("IN-536365", "50.00")]
    assert problems(decision) == []


def test_an_invoice_that_is_named_twice_is_paid_once():
    twice = payment("150.00", "536365/IN-536365")
    found = item(536365)
    on = desk(found)
    on.items = {"536365": [found], "IN-536365": [found]}
    assert applied(decided(twice, on)) == [("IN-536365", "100.00")]


def test_invoices_of_several_customers_go_on_the_payers_account():
    on = desk(item(536365), item(536366, customer="13047"))
    decision = decided(payment("150.00", "536365/536366"), on)
    assert (applied(decision), decision.placement, decision.customer_id) == (
        [],
        "on_account",
        "17850",
    )
    assert problems(decision) == [ProblemKind.SEVERAL_CUSTOMERS]


def test_invoices_of_several_customers_without_a_payer_are_unidentified():
    on = desk(item(536365), item(536366, customer="13047"), customers=())
    decision = decided(payment("150.00", "536365/536366"), on)
    assert (decision.placement, decision.receipt.offset_account) == ("unidentified", "2300")
    assert problems(decision) == [ProblemKind.SEVERAL_CUSTOMERS]


def test_another_customers_invoice_is_not_paid():
    on = desk(item(536365, customer="13047"))
    decision = decided(payment(), on)
    assert (applied(decision), decision.placement) == ([], "on_account")
    assert problems(decision) == [ProblemKind.SEVERAL_CUSTOMERS]
    assert on.available["k536365"] == usd("100.00")


def test_an_unknown_payer_is_known_by_the_invoice():
    decision = decided(payment(customer_ref="nobody"), desk(item(536365)))
    assert (decision.placement, decision.customer_id) == ("applied", "17850")


def test_a_known_customer_without_the_invoice_gets_it_on_account():
    decision = decided(payment(typed="999999"), desk(item(536365)))
    assert (decision.placement, decision.customer_id) == ("on_account", "17850")
    [problem] = decision.problems
    assert (problem.kind, problem.amount) == (ProblemKind.INVOICE_NOT_FOUND, usd("100.00"))
    assert "999999" in problem.message


def test_a_payment_that_names_nothing_goes_on_account():
    decision = decided(payment(typed=""), desk(item(536365)))
    assert decision.placement == "on_account"
    assert problems(decision) == [ProblemKind.INVOICE_NOT_FOUND]
    assert decision.problems[0].message.startswith("The payment names no invoice; 100.00")


@pytest.mark.parametrize(
    ("customer", "typed", "said"),
    [
        ("ann", "999999", "names customer ann and 999999; neither is known in the ERP."),
        ("ann", "", "names customer ann, which the ERP does not know, and no invoice."),
        ("", "999999", "names 999999, which the ERP does not know, and no customer."),
        ("", "", "names neither a customer nor an invoice."),
    ],
)
def test_what_a_payment_of_nobody_names_is_said(customer, typed, said):
    [problem] = decided(payment(customer_ref=customer, typed=typed), desk()).problems
    assert problem.message == f"The payment {said}"
    assert [each.value for each in problem.suggestions] == ["", ""]


def test_one_known_and_one_unknown_invoice_are_both_told():
    decision = decided(payment("150.00", "536365/999999"), desk(item(536365)))
    assert applied(decision) == [("IN-536365", "100.00")]
    assert [(p.kind, p.amount) for p in decision.problems] == [
        (ProblemKind.INVOICE_NOT_FOUND, usd("50.00"))
    ]


def test_money_of_nobody_goes_to_the_unidentified_receipts():
    decision = decided(payment(customer_ref="nobody", typed="999999"), desk())
    assert (decision.placement, decision.receipt.customer_id) == ("unidentified", "")
    assert decision.receipt.offset_account == "2300"
    assert problems(decision) == [ProblemKind.CUSTOMER_UNKNOWN]


def test_a_reference_that_fits_two_invoices_is_not_guessed():
    on = desk(item(536365), item(536365, key="other"))
    decision = decided(payment(), on)
    assert (applied(decision), decision.placement) == ([], "on_account")
    assert problems(decision) == [ProblemKind.REFERENCE_AMBIGUOUS]


def test_a_second_charge_stands_on_account_and_is_flagged():
    on = desk(item(536365))
    first, second = decided(payment(), on), decided(payment(vendor_id="1002"), on)
    assert problems(first) == []
    assert (applied(second), second.placement) == ([], "on_account")
    assert problems(second) == [ProblemKind.SECOND_CHARGE]


def test_an_invoice_that_somebody_else_paid_is_no_second_charge():
    on = desk(item(536365, available="0.00"))
    decision = decided(payment(), on)
    assert problems(decision) == [ProblemKind.OVERPAID]


def test_two_payments_never_take_the_same_open_amount():
    on = desk(item(536365))
    first, second = decided(payment("70"), on), decided(payment("70", vendor_id="1002"), on)
    assert (applied(first), applied(second)) == ([("IN-536365", "70.00")], [("IN-536365", "30.00")])
    assert problems(second) == [ProblemKind.OVERPAID]


def test_an_invoice_in_another_currency_is_not_paid():
    decision = decided(payment(), desk(item(536365, currency="EUR")))
    assert (applied(decision), decision.placement) == ([], "on_account")
    assert "536365 (in EUR)" in decision.problems[0].message


def test_an_over_applied_invoice_takes_nothing():
    on = desk(item(536365, available="-5.00"))
    assert applied(decided(payment(), on)) == []


@pytest.mark.parametrize("status", ["declined", "voided"])
def test_what_moved_no_money_posts_nothing(status):
    decision = decided(payment(status=status), desk(item(536365)))
    assert decision.action == Action.NONE
    assert (decision.receipt, decision.refund, decision.memo, decision.is_held) == (None,) * 3 + (
        False,
    )


def test_a_linked_refund_credits_clearing():
    decision = decided(payment(kind="refund", parent_id="900"), desk(item(536365)))
    assert decision.receipt is None
    assert decision.refund.imbalance() == 0
    assert [
        (line.account, line.debit.text, line.credit.text) for line in decision.refund.lines
    ] == [
        ("2310", "100.00", "0.00"),
        ("1050", "0.00", "100.00"),
    ]
    assert {line.reference for line in decision.refund.lines} == {"PT-7"}
    assert problems(decision) == []


def test_an_unlinked_refund_is_booked_and_shown():
    decision = decided(payment(kind="refund"), desk())
    assert decision.refund is not None
    assert problems(decision) == [ProblemKind.REFUND_UNLINKED]


@pytest.mark.parametrize(("customer", "has_memo"), [("17850", True), ("nobody", False)])
def test_a_refund_may_owe_a_credit_memo_of_a_known_customer(customer, has_memo):
    rules = rule_book(statuses=(StatusRow(1, "refund", "", Action.REFUND_AND_CREDIT_MEMO),))
    refund = payment(kind="refund", parent_id="900", customer_ref=customer)
    decision = decided(refund, desk(), rules)
    assert decision.refund is not None
    assert bool(decision.memo) is has_memo
    assert problems(decision) == ([] if has_memo else [ProblemKind.CUSTOMER_UNKNOWN])
    if decision.memo:
        assert (decision.memo.offset_account, decision.memo.amount) == ("4100", usd("100"))


@pytest.mark.parametrize(
    ("role", "changes"),
    [
        (AccountRole.CLEARING, {}),
        (AccountRole.UNIDENTIFIED, {"customer_ref": "nobody", "typed": "1"}),
        (AccountRole.REFUNDS, {"kind": "refund"}),
    ],
)
def test_without_an_account_nothing_is_guessed(role, changes):
    whole = rule_book()
    rules = rule_book(accounts=tuple(row for row in whole.accounts if row.role != role))
    on = desk(item(536365))
    decision = decided(payment(**changes), on, rules)
    assert (decision.is_held, decision.receipt, decision.refund) == (True, None, None)
    assert problems(decision) == [ProblemKind.ACCOUNT_UNMAPPED]
    assert on.available["k536365"] == usd("100.00")


@pytest.mark.parametrize(
    ("gap", "kind"),
    [("methods", ProblemKind.METHOD_UNMAPPED), ("statuses", ProblemKind.ACTION_UNMAPPED)],
)
def test_what_is_not_mapped_is_held_under_its_own_name(gap, kind):
    decision = decided(payment(), desk(item(536365)), rule_book(**{gap: ()}))
    assert decision.is_held
    assert problems(decision) == [kind]


CENTS = st.integers(1, 50_000).map(lambda cents: Money(Decimal(cents) / 100, "USD"))
NAMED = st.lists(st.integers(1, 5), max_size=4)
WHO = st.sampled_from(["17850", "13047", "nobody"])


@given(st.lists(st.tuples(CENTS, NAMED, WHO), max_size=8), st.lists(CENTS, min_size=4, max_size=4))
def test_money_is_never_off_the_books_and_no_invoice_is_over_applied(paid, balances):
    items = [
        item(n, balance.text, customer=("17850", "13047")[n % 2])
        for n, balance in enumerate(balances, 1)
    ]
    on = desk(*items)
    sums = {one.item_key: usd("0") for one in items}
    for number, (amount, named, who) in enumerate(paid):
        typed = " ".join(map(str, named))
        decision = decided(payment(amount.text, typed, customer_ref=who, vendor_id=str(number)), on)
        parts = [a.amount for a in decision.receipt.applications]
        assert decision.receipt.amount == amount
        assert all(part > usd("0") for part in parts)
        assert total(parts, "USD") <= amount
        assert bool(decision.receipt.customer_id) != bool(decision.receipt.offset_account)
        assert total(parts, "USD") == amount or decision.problems
        for application in decision.receipt.applications:
            sums[application.item_key] += application.amount
    for one in items:
        assert sums[one.item_key] + on.available[one.item_key] == one.available
        assert on.available[one.item_key] >= usd("0")


def test_a_merged_customers_invoice_is_paid_by_who_it_is_merged_with():
    """The ERP's receipt has its invoice's customer, though the payer is known as the other."""
    on = desk(item(536365))
    on.customers, on.merged = {"p-1": "C1"}, {"17850": "C1"}
    decision = decided(replace(payment(), customer_ref="p-1"), on)
    assert (decision.customer_id, problems(decision)) == ("17850", [])
    assert applied(decision) == [("IN-536365", "100.00")]


WALK_IN = (
    CustomerRow(1, "marketplace-7", "MARKET"),
    CustomerRow(2, "", "WALK-IN", kind="sale"),
)


@pytest.mark.parametrize(
    ("customer_ref", "customer"), [("", "WALK-IN"), ("marketplace-7", "MARKET"), ("stranger", "")]
)
def test_a_rule_gives_the_customer_of_those_who_name_none(customer_ref, customer):
    decided = decide(
        payment("50.00", customer_ref=customer_ref), rule_book(customers=WALK_IN), desk()
    )
    assert (decided.customer_id, decided.receipt.customer_id) == (customer, customer)
    assert any(name.startswith("customer ") for name in decided.rules) is bool(customer)

"""Orders under the rules: one invoice with lines that come to the total, or why there is none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import OrderLineRecord, OrderRecord, OrderTaxRecord, StockLevel
from integrations.money import Money
from mapping.choices import AccountRole
from mapping.decide.order import OrderDesk, PaymentOfOrder, decide_order
from mapping.problems import ProblemKind
from mapping.rulebook import RuleBook
from mapping.rules.accounts import AccountRow
from mapping.rules.customers import CustomerRow
from mapping.rules.items import ItemRow
from mapping.rules.taxes import TaxRow


def usd(text):
    return Money(Decimal(text), "USD")


MUG = OrderLineRecord(1, "MUG", "Mug, blue", Decimal(2), Decimal("12.50"), usd("25.00"))
TEA = OrderLineRecord(2, "TEA", "Tea", Decimal("0.5"), Decimal("8.33"), usd("4.17"), "food")
STATE = OrderTaxRecord("state", "CA", usd("29.17"), usd("2.11"))
ORDER = OrderRecord(
    external_id="WEB-1",
    ordered_on=date(2010, 12, 1),
    customer_ref="17850",
    currency="USD",
    lines=(MUG, TEA),
    shipping=usd("5.00"),
    discount=usd("2.00"),
    taxes=(STATE,),
    total=usd("34.28"),
    payment_ref="41",
)
RULES = RuleBook(
    version_id=7,
    number=1,
    accounts=(
        AccountRow(1, AccountRole.SALES, "4000", department="bar"),
        AccountRow(2, AccountRole.SALES, "4001"),
        AccountRow(3, AccountRole.SHIPPING, "4100"),
        AccountRow(4, AccountRole.DISCOUNTS, "4200"),
    ),
    methods=(),
    statuses=(),
    fees=(),
    deposit_pattern="",
    items=(
        ItemRow(1, "MUG", "MUG-B", "4050"),
        ItemRow(2, "", "FOOD", category="food"),
    ),
    taxes=(TaxRow(1, "state", "CATAX", "2200", "CA", percent=Decimal("7.25")),),
)


def desk(**other):
    given = {
        "company": "SOA",
        "currency": "USD",
        "customers": {"17850": "17850"},
        "payments": {"41": PaymentOfOrder("41", usd("34.28"), "Settled", True)},
    }
    return OrderDesk(**{**given, **other})


def kinds(decision):
    return [problem.kind for problem in decision.problems]


def sides(problem):
    rows = dict(problem.details)["sides"]
    return {row["field"]: (row["left"], row["right"]) for row in rows}


def test_an_order_becomes_one_invoice_whose_lines_come_to_its_total():
    decision = decide_order(ORDER, RULES, desk())
    invoice = decision.invoice
    assert decision.problems == ()
    assert (invoice.reference, invoice.customer_id, invoice.amount) == (
        "WEB-1",
        "17850",
        ORDER.total,
    )
    assert [
        (line.item, line.account, line.amount.text, line.tax_code) for line in invoice.lines
    ] == [
        ("MUG-B", "4050", "25.00", ""),
        ("FOOD", "4001", "4.17", ""),
        ("", "4100", "5.00", ""),
        ("", "4200", "-2.00", ""),
        ("", "2200", "2.11", "CATAX"),
    ]
    assert not invoice.imbalance()
    assert invoice.lines[1].quantity == Decimal("0.5")


def test_every_rule_that_fired_is_named():
    assert decide_order(ORDER, RULES, desk()).rules == (
        "item 1: MUG → MUG-B",
        "item 2: food → FOOD; account 2: sales → 4001",
        "account 3: shipping → 4100",
        "account 4: discounts → 4200",
        "tax 1: state CA → CATAX 2200",
    )


def test_a_department_has_its_own_sales_account():
    tea = replace(TEA, department="Bar")
    decision = decide_order(replace(ORDER, lines=(MUG, tea)), RULES, desk())
    assert decision.invoice.lines[1].account == "4000"


def test_lines_that_do_not_come_to_the_total_are_never_posted():
    decision = decide_order(replace(ORDER, total=usd("34.29")), RULES, desk(payments={}))
    assert (kinds(decision), decision.invoice) == ([ProblemKind.ORDER_SUMS], None)
    assert sides(decision.problems[0])["Total"] == ("34.28 USD", "34.29 USD")


def test_a_line_that_is_not_quantity_times_price_is_named():
    mug = replace(MUG, unit_price=Decimal("12.00"))
    decision = decide_order(replace(ORDER, lines=(mug, TEA)), RULES, desk())
    assert kinds(decision) == [ProblemKind.ORDER_SUMS]
    assert sides(decision.problems[0])["Line 1"] == ("24.00 USD", "25.00 USD")
    assert "line 1 does not come to quantity times price" in decision.problems[0].message


@pytest.mark.parametrize(
    "payment",
    [
        PaymentOfOrder("41", usd("30.00"), "Settled", True),
        PaymentOfOrder("41", usd("34.28"), "Declined", False),
        PaymentOfOrder("41", Money(Decimal("34.28"), "EUR"), "Settled", True),
    ],
)
def test_a_payment_that_differs_holds_the_order_until_somebody_lets_it_pass(payment):
    found = desk(payments={"41": payment})
    assert kinds(decide_order(ORDER, RULES, found)) == [ProblemKind.ORDER_PAYMENT]
    passed = decide_order(ORDER, RULES, found, frozenset({"order_payment"}))
    assert (kinds(passed), passed.invoice.amount) == ([], ORDER.total)


def test_a_payment_that_is_not_here_is_no_problem():
    assert decide_order(ORDER, RULES, desk(payments={})).invoice is not None


def test_all_that_the_rules_lack_is_said_at_once():
    bare = replace(RULES, items=RULES.items[:1], taxes=(), accounts=())
    decision = decide_order(ORDER, bare, desk())
    assert kinds(decision) == [ProblemKind.ORDER_UNMAPPED]
    assert sides(decision.problems[0]) == {
        "Items": ("TEA", "no rule"),
        "Accounts": ("Shipping charged, Discounts given", "no rule"),
        "Taxes": ("state CA", "no rule"),
    }


def test_whose_order_it_is_comes_from_the_number_then_from_the_rules():
    stranger = replace(ORDER, customer_ref="new", payment_ref="")
    assert kinds(decide_order(stranger, RULES, desk())) == [ProblemKind.ORDER_CUSTOMER]
    walk_in = replace(RULES, customers=(CustomerRow(1, "", "CASH"),))
    assert decide_order(replace(stranger, customer_ref=""), walk_in, desk()).customer_id == "CASH"
    # A rule for those who name none is none for one who does.
    assert decide_order(stranger, walk_in, desk()).customer_id == ""


def test_a_tax_that_differs_is_booked_as_charged_and_flagged():
    tax = replace(STATE, charged=usd("3.11"))
    decision = decide_order(
        replace(ORDER, taxes=(tax,), total=usd("35.28")), RULES, desk(payments={})
    )
    assert kinds(decision) == [ProblemKind.TAX_DIFFERS]
    assert sides(decision.problems[0]) == {"state CA": ("3.11 USD", "2.11 USD")}
    assert decision.invoice.lines[-1].amount == usd("3.11")


def level(item, available):
    return {item: StockLevel(item, Decimal(available))}


def test_a_line_above_the_stock_is_flagged_before_anything_is_posted():
    decision = decide_order(ORDER, RULES, desk(stock=level("MUG-B", 1)))
    assert (kinds(decision), decision.invoice) == ([ProblemKind.STOCK_SHORT], None)
    assert sides(decision.problems[0]) == {"MUG-B": ("2", "1")}
    passed = decide_order(ORDER, RULES, desk(stock=level("MUG-B", 1)), frozenset({"stock_short"}))
    assert passed.invoice is not None


def test_lines_of_one_item_are_added_up_and_orders_take_from_what_is_left():
    twice = replace(ORDER, lines=(MUG, replace(MUG, position=2)), total=usd("55.11"))
    found = desk(stock=level("MUG-B", 3), payments={})
    assert kinds(decide_order(twice, RULES, found)) == [ProblemKind.STOCK_SHORT]
    assert decide_order(ORDER, RULES, found).invoice is not None
    assert kinds(decide_order(ORDER, RULES, found)) == [ProblemKind.STOCK_SHORT]


def test_what_the_erp_keeps_no_stock_of_is_never_short():
    assert decide_order(ORDER, RULES, desk(stock=level("OTHER", 0))).invoice is not None


@pytest.mark.parametrize(
    ("changed", "given", "words"),
    [
        ({"external_id": "WEB-1234567890123"}, {}, "17 characters, and the ERP has room for 15"),
        ({}, {"currency": "EUR"}, "It is in USD, and the payment route posts in EUR"),
        ({}, {"takes_invoices": False}, "takes no invoices"),
        ({}, {"stock_trouble": "No view."}, "What is in stock cannot be read. No view."),
    ],
)
def test_what_does_not_fit_the_erp_is_said_in_words(changed, given, words):
    decision = decide_order(replace(ORDER, **changed), RULES, desk(**given))
    assert kinds(decision) == [ProblemKind.ORDER_UNFIT]
    assert words in decision.problems[0].message


def test_an_order_over_nothing_is_no_invoice_and_no_problem():
    free = replace(ORDER, taxes=(), shipping=usd("0.00"), discount=usd("29.17"), total=usd("0.00"))
    decision = decide_order(free, RULES, desk(payments={}))
    assert (decision.invoice, decision.problems) == (None, ())


def test_a_long_description_ends_with_three_points():
    mug = replace(MUG, description="M" * 60)
    decision = decide_order(replace(ORDER, lines=(mug, TEA)), RULES, desk())
    assert decision.invoice.lines[0].description == "M" * 37 + "..."


CENTS = st.integers(0, 10_000_00).map(lambda cents: usd(f"{Decimal(cents) / 100:.2f}"))


@given(st.lists(CENTS, min_size=1, max_size=8), CENTS, CENTS, CENTS, CENTS)
def test_an_invoice_always_comes_to_the_total_or_there_is_none(
    amounts, shipping, discount, tax, total
):
    lines = tuple(
        OrderLineRecord(n, "MUG", "", Decimal(1), amount.amount, amount)
        for n, amount in enumerate(amounts, 1)
    )
    order = replace(
        ORDER,
        lines=lines,
        shipping=shipping,
        discount=discount,
        taxes=(replace(STATE, charged=tax),),
        total=total,
    )
    right = replace(order, total=total - order.imbalance())
    for each in (order, right):
        decision = decide_order(each, RULES, desk(payments={}))
        if decision.invoice is not None:
            assert not decision.invoice.imbalance()
            assert decision.invoice.amount == each.total
    assert ProblemKind.ORDER_SUMS not in kinds(decide_order(right, RULES, desk(payments={})))

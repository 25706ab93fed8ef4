"""The shop's orders as the ERP shows them, held against what was ordered."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from config.demo import shop
from config.demo.planted import exception_problems
from config.demo.shop_count import ErpInvoice, problems
from integrations.registry import PAIR_TEMPLATES
from integrations.sandbox.world.kinds import Kind, Planted
from integrations.sandbox.world.shop import ARTICLES, Bought, Shop, ShopOrder, Telling
from mapping import rule_yaml
from tests.builders import ExceptionItemFactory, OrderFactory

ORDER = ShopOrder(
    "WEB-1", date(2010, 12, 1), "17850", (Bought(ARTICLES[0], 2),), Decimal(0), Decimal(0),
    Decimal(0), Decimal("13.00"), paid=Decimal("13.00"),
)  # fmt: skip
RIGHT = ErpInvoice("WEB-1", Decimal("13.000"), Decimal("0.000"), Decimal("13.000"))


def wrong(order, *found):
    return list(problems(Shop((Telling(order.on, order),)), list(found)))


def test_an_order_with_its_one_paid_invoice_is_right():
    assert wrong(ORDER, RIGHT) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((), "has 0 invoices in the ERP instead of 1"),
        ((RIGHT, RIGHT), "has 2 invoices in the ERP instead of 1"),
        ((replace(RIGHT, amount=Decimal(12)),), "its invoice is over 12.00"),
        ((replace(RIGHT, lines=Decimal(12)),), "with lines of 12.00"),
        ((replace(RIGHT, balance=Decimal(13)),), "13.00 of its invoice is open"),
        ((RIGHT, replace(RIGHT, number="WEB-9")), "nobody ordered that"),
    ],
)
def test_what_is_wrong_with_an_invoice_is_said(found, words):
    [said] = wrong(ORDER, *found)
    assert words in said


def test_what_waits_for_a_person_has_no_invoice_and_what_is_paid_later_may_be_open():
    held = replace(ORDER, planted=Kind.STOCK_SHORT, paid=None)
    assert (wrong(held), len(wrong(held, RIGHT))) == ([], 1)
    assert wrong(replace(ORDER, paid=None), replace(RIGHT, balance=Decimal(13))) == []


def test_the_rules_of_the_demo_know_all_that_the_shop_sells():
    for template in PAIR_TEMPLATES.values():
        file = rule_yaml.load(template.text())
        rules = shop.with_rules(file).rules
        assert {article.item for article in ARTICLES} < {row["item"] for row in rules["items"]}
        assert rules["accounts"][: len(file.rules["accounts"])] == file.rules["accounts"]
        assert rules["taxes"][-1]["percent"] == "8.25"


@pytest.mark.django_db
def test_a_planted_order_is_looked_for_by_its_number():
    order = OrderFactory(number="WEB-1")
    ExceptionItemFactory(
        connection=order.connection, transaction=None, fact=None, order=order, reason="stock_short"
    )
    planted = Planted(Kind.STOCK_SHORT, "WEB-1 of today", order="WEB-1")
    assert list(exception_problems([planted], at_capture=False)) == []
    other = replace(planted, order="WEB-2")
    assert len(list(exception_problems([other], at_capture=False))) == 2

"""A shop beside the payers: its orders add up but for those that are wrong on purpose."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from integrations.connectors.orders.parser import parse_order
from integrations.sandbox.world.kinds import ORDERS, Kind
from integrations.sandbox.world.manifest import manifest
from integrations.sandbox.world.plan import Exceptions, make_plan
from integrations.sandbox.world.relay import Target
from integrations.sandbox.world.shop import SCARCE, open_shop
from integrations.sandbox.world.shop_messages import order_body
from integrations.sandbox.world.steps import Verb

from .conftest import SECRET, invoices


def plan_of(orders, exceptions=Exceptions.SOME, seed=1):
    return make_plan(invoices(60), seed, exceptions, orders)


def told(stage):
    return [json.loads(body) for _, body in stage.hub.hints if b'"order"' in body]


def test_without_a_shop_the_plan_is_as_it_always_was():
    assert plan_of(0) == make_plan(invoices(60), 1, Exceptions.SOME)
    assert plan_of(0).shop.tellings == ()


@pytest.mark.parametrize("seed", range(5))
def test_every_order_is_one_that_the_hub_can_read_and_adds_up_unless_planted(seed):
    for telling in plan_of(30, seed=seed).shop.tellings:
        [record] = parse_order(order_body(telling.order, "41").encode()).records
        is_wrong = telling.order.planted is Kind.ORDER_SUMS
        assert bool(record.imbalance()) == is_wrong
        assert (record.external_id, record.payment_ref) == (telling.order.number, "41")
        for line in record.lines:
            assert line.quantity * line.unit_price == line.amount.amount


def test_each_kind_of_trouble_happens_once_and_none_without_exceptions():
    planted = Counter(order.planted for order in plan_of(30).shop.orders if order.planted)
    assert planted == dict.fromkeys(ORDERS, 1)
    plain = plan_of(30, Exceptions.NONE).shop.orders
    assert {(order.planted, order.paid == order.total) for order in plain} == {(None, True)}


def test_there_is_enough_of_everything_but_of_one_article():
    shop = plan_of(30).shop
    wanted = Counter()
    for telling in shop.tellings:
        for each in telling.order.bought:
            wanted[each.article] += each.quantity
    stock = shop.on_hand
    short = [a for a, count in wanted.items() if stock[a] is not None and stock[a] < count]
    assert short == [SCARCE]


def test_what_changes_is_told_again_on_a_later_day_with_another_content():
    tellings = [t for t in plan_of(30).shop.tellings if t.order.planted is Kind.ORDER_CHANGED]
    first, second = tellings
    assert first.on < second.on
    assert (first.order.revision, second.order.revision) == (1, 2)
    assert first.order.total < second.order.total


def test_paid_orders_are_charged_by_a_sale_that_names_them():
    plan = plan_of(30)
    sales = {a.invoice_id: a for a in plan.actions if a.verb is Verb.SALE}
    for order in plan.shop.orders:
        assert (order.number in sales) == (order.paid is not None)
        if order.paid is not None:
            assert sales[order.number].amount == order.paid
            assert plan.payments_of_orders[order.number] == sales[order.number].reference


def test_nobody_who_could_order_is_no_shop():
    assert open_shop([], [], 5, 1, abnormal=True).on_hand == {}


def test_the_shop_tells_each_order_with_the_gateway_s_id_of_its_payment(make_stage):
    stage = make_stage(plan_of(12))
    shop = Target(stage.hub.webhook_url, SECRET, "shop-test")
    stage.world(shop=shop).run()
    orders = told(stage)
    tellings = stage.plan.shop.tellings
    assert len(orders) == sum(telling.times for telling in tellings)
    assert {order["order"] for order in orders} == {t.order.number for t in tellings}
    paid = {order["payment"]: order["total"] for order in orders if order["payment"]}
    known = dict(stage.query("SELECT id::text, amount FROM paytrace_transaction"))
    off = [total for payment, total in paid.items() if known[payment] != Decimal(total)]
    assert len(off) == 1  # the one whose payment differs on purpose
    planted = manifest(stage.database_url, stage.plan)
    assert all(each.order.startswith("WEB-") for each in planted if each.kind in ORDERS)
    [unpaid] = [p for p in planted if p.kind is Kind.INVOICE_NOT_FOUND and "WEB-" in p.note]
    assert unpaid.transaction_id in paid


def test_a_world_that_is_begun_again_tells_nothing_twice(make_stage):
    stage = make_stage(plan_of(12))
    shop = Target(stage.hub.webhook_url, SECRET, "shop-test")
    world = stage.world(shop=shop)
    day = next(iter(stage.plan.shop.by_day))
    world._live_through(day, 0)
    world.close()
    before = len(told(stage))
    again = stage.world(shop=shop)
    again._sales(day)
    again.close()
    assert (len(told(stage)), before > 0) == (before, True)

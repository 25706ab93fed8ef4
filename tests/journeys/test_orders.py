"""An order of a shop, from its signed message to the invoice in the ERP that its payment pays."""

import pytest

from mapping.models import RuleSetVersion
from reconciliation.models import Order
from reconciliation.services import book, invoicing
from tests.hub import Hub
from tests.journeys.people import Person, change_rules
from tests.journeys.shop import Shop, line, open_shop, order


@pytest.fixture
def shop(hub: Hub) -> Shop:
    return open_shop(hub)


def test_an_order_becomes_an_invoice_with_lines_and_its_payment_pays_it(
    hub: Hub, shop: Shop, finance: Person
):
    sale = hub.sale("31.81", "WEB-1")
    hub.afternoon()
    shop.sends("WEB-1", payment=sale)
    assert shop.order().state == "invoiced"
    assert shop.invoice() == [
        ("MUG-BLUE", "4000-00", "25.00"), ("", "4200-00", "5.00"), ("", "2200-00", "1.81"),
    ]  # fmt: skip
    hub.settle()
    assert (hub.balance("WEB-1"), hub.reasons()) == ("0.00", [])
    page = finance.see(f"/orders/{shop.order().pk}/")
    for said in ("Invoiced", "MUG-BLUE", "4000-00", sale, "1.81", "Invoice of 31.81 USD"):
        assert said in page, said
    hub.bank((hub.batch.vendor_ref, f"{hub.batch.net_amount:.2f}"))
    assert hub.certificate().ties_out


def test_an_order_is_sent_twice_and_invoiced_once(hub: Hub, shop: Shop):
    for _ in range(3):
        shop.sends("WEB-1")
    assert len(shop.invoice()) == 3
    assert hub.sql('SELECT count(*) FROM "tarInvoice" WHERE "CustPONo" = %s', "WEB-1") == [(1,)]


def test_a_line_above_the_stock_is_flagged_before_posting_and_invoiced_once_there_is_enough(
    hub: Hub, shop: Shop, finance: Person
):
    pots = line(item="TEAPOT", quantity="2", unit_price="12.50")
    shop.sends("WEB-2", lines=[pots])
    item = finance.exception("stock_short")
    assert (shop.invoice("WEB-2"), shop.order("WEB-2").state) == ([], "held")
    page = finance.see(f"/exceptions/{item}/")
    assert "TEAPOT (2 of 1)" in page
    finance.act(item, "retry")
    hub.run()
    assert hub.reasons() == ["stock_short"]
    shop.restock("TEAPOT", 5)
    finance.act(item, "retry")
    hub.run()
    assert (hub.reasons(), shop.order("WEB-2").state) == ([], "invoiced")
    assert shop.invoice("WEB-2")[0] == ("TEAPOT", "4000-00", "25.00")


def test_a_person_has_an_order_above_the_stock_invoiced_all_the_same(
    hub: Hub, shop: Shop, finance: Person
):
    shop.sends("WEB-2", lines=[line(item="TEAPOT", quantity="2", unit_price="12.50")])
    item = finance.exception("stock_short")
    finance.act(item, "post_anyway", note="The next delivery is on its way.")
    hub.run()
    assert shop.invoice("WEB-2")[0] == ("TEAPOT", "4000-00", "25.00")
    assert "The next delivery is on its way." in finance.see(f"/exceptions/{item}/")


def test_an_order_that_does_not_add_up_is_never_posted_until_the_shop_corrects_it(
    hub: Hub, shop: Shop, finance: Person
):
    shop.sends("WEB-3", total="40.00")
    item = finance.exception("order_sums")
    page = finance.see(f"/exceptions/{item}/")
    assert "31.81 USD" in page
    assert "40.00 USD" in page
    assert shop.invoice("WEB-3") == []
    shop.sends("WEB-3")
    assert (hub.reasons(), len(shop.invoice("WEB-3"))) == ([], 3)


def test_a_payment_that_differs_from_its_order_is_shown_before_anything_is_posted(
    hub: Hub, shop: Shop, finance: Person
):
    sale = hub.sale("30.00", "WEB-4")
    hub.afternoon()
    shop.sends("WEB-4", payment=sale)
    item = finance.exception("order_payment")
    assert "30.00 USD" in finance.see(f"/exceptions/{item}/")
    assert shop.invoice("WEB-4") == []
    finance.act(item, "dismiss", note="The customer cancelled; a refund follows.")
    hub.run()
    assert (shop.order("WEB-4").state, shop.invoice("WEB-4")) == ("nothing", [])


def test_an_order_waits_for_the_payment_it_names_and_no_longer_than_the_pair_says(
    hub: Hub, shop: Shop, finance: Person
):
    shop.sends("WEB-5", payment="999000111")
    assert (shop.order("WEB-5").state, shop.invoice("WEB-5")) == ("waiting", [])
    assert "Waits for its payment" in finance.see("/orders/")
    hub.pass_days(2)
    assert shop.order("WEB-5").state == "invoiced"
    assert hub.balance("WEB-5") == "31.81"


def test_an_unknown_customer_is_linked_once_and_the_order_goes_on(
    hub: Hub, shop: Shop, finance: Person
):
    shop.sends("WEB-6", customer="web-77")
    item = finance.exception("order_customer")
    assert "web-77" in finance.see(f"/exceptions/{item}/")
    finance.act(item, "link_customer", customer_id="17850")
    hub.run()
    assert len(shop.invoice("WEB-6")) == 3
    shop.sends("WEB-7", customer="web-77")
    assert (hub.reasons(), len(shop.invoice("WEB-7"))) == ([], 3)


def test_what_the_rules_lack_is_named_and_posted_once_a_rule_is_in_force(
    hub: Hub, shop: Shop, finance: Person, approver: Person
):
    hub.pass_days(1)
    shop.sends("WEB-8", lines=[line(item="BROOM")])
    item = finance.exception("order_unmapped")
    assert "BROOM" in finance.see(f"/exceptions/{item}/")
    assert shop.invoice("WEB-8") == []
    shop.restock("BROOM", 5)
    version = RuleSetVersion.objects.get().pk
    change_rules(
        finance, approver, version, [("items", {"item": "BROOM", "erp_item": "BROOM"})], hub.day
    )
    hub.run()
    assert (hub.reasons(), shop.invoice("WEB-8")[0]) == ([], ("BROOM", "4000-00", "25.00"))


def test_an_order_changed_before_its_invoice_is_sent_is_invoiced_as_it_is_now(hub: Hub, shop: Shop):
    shop.sends("WEB-9", lines=[line(item="TEAPOT", quantity="2", unit_price="12.50")])
    assert hub.reasons() == ["stock_short"]
    shop.sends("WEB-9")
    assert (hub.reasons(), shop.invoice("WEB-9")[0]) == ([], ("MUG-BLUE", "4000-00", "25.00"))


def test_an_order_changed_after_its_invoice_was_sent_is_for_a_person(
    hub: Hub, shop: Shop, finance: Person
):
    shop.sends("WEB-9")
    before = shop.invoice("WEB-9")
    shop.sends("WEB-9", shipping="9.00", total="35.81", revision=2)
    item = finance.exception("order_changed")
    page = finance.see(f"/exceptions/{item}/")
    assert "5.00 USD" in page
    assert "9.00 USD" in page
    assert (shop.order("WEB-9").state, shop.invoice("WEB-9")) == ("changed", before)
    shop.sends("WEB-9", revision=3)
    assert shop.order("WEB-9").state == "changed"
    finance.act(item, "dismiss", note="Corrected in the ERP.")
    assert hub.reasons() == []


def test_a_payment_that_came_before_its_invoice_is_applied_once_both_are_posted(
    hub: Hub, shop: Shop, finance: Person
):
    sale = hub.sale("31.81", "my order")
    hub.settle()
    assert hub.reasons() == ["invoice_not_found"]
    shop.sends("WEB-10", payment=sale)
    assert hub.balance("WEB-10") == "31.81"
    shop.looks()
    assert (hub.balance("WEB-10"), hub.reasons()) == ("0.00", [])
    assert "Pays invoice" in finance.transaction(sale)
    assert "WEB-10" in finance.transaction(sale)


def test_unidentified_money_goes_to_the_customer_of_the_order_that_names_it(
    hub: Hub, shop: Shop, finance: Person
):
    sale = hub.sale("31.81", "my order", customer="")
    hub.settle()
    assert hub.reasons() == ["customer_unknown"]
    shop.sends("WEB-11", payment=sale)
    shop.looks()
    assert (hub.balance("WEB-11"), hub.reasons()) == ("0.00", [])


def test_an_order_changed_while_its_invoice_waits_is_sent_once_as_it_is_now(hub: Hub, shop: Shop):
    shop.deliver(order(order="WEB-12", ordered_on="2010-12-01", payment=None))
    book.drain()
    invoicing.drain()
    assert shop.order("WEB-12").state == "invoiced"
    shop.sends("WEB-12", shipping="9.00", total="35.81")
    assert (hub.balance("WEB-12"), hub.reasons()) == ("35.81", [])
    assert hub.sql('SELECT count(*) FROM "tarInvoice" WHERE "CustPONo" = %s', "WEB-12") == [(1,)]
    states = shop.order("WEB-12").effects.values_list("posting__state", flat=True)
    assert sorted(states) == ["cancelled", "posted"]


def test_an_order_that_breaks_is_set_aside_and_stops_no_other(
    hub: Hub, shop: Shop, finance: Person
):
    shop.deliver(order(order="WEB-13", ordered_on="2010-12-01", payment=None))
    book.drain()
    Order.objects.update(content={})
    shop.sends("WEB-14")
    assert (hub.reasons(), len(shop.invoice("WEB-14"))) == (["set_aside"], 3)
    assert shop.order("WEB-13").state == "held"
    assert "Order WEB-13" in finance.see(f"/exceptions/{finance.exception('set_aside')}/")

"""Customers of gateway, ERP and CRM: found, linked, merged and taken apart again by people."""

import re

import pytest

from integrations.sandbox.people import party_of
from tests.hub import Hub
from tests.journeys.people import Person, number_in

CRM = "Number,Name,E-mail,Street,City,Region,Post code,ERP number\n"


def billing(customer: str) -> dict[str, str]:
    """The address of an ERP's customer, as a hurried payer types it."""
    party = party_of(customer)
    street = party.street.upper().replace("STREET", "St.").replace("ROAD", "Rd")
    return {
        "name": party.name.upper(), "street_address": street, "city": party.city.lower(),
        "state": party.state, "zip": party.postcode,
    }  # fmt: skip


@pytest.fixture
def payer(hub: Hub) -> str:
    """A payment of somebody whom the ERP knows, under a number of the gateway's own."""
    hub.invoice("536365", "100.00", "17850")
    hub.invoice("536366", "50.00", "13047")
    return hub.sale(
        "100.00", customer="shop-7", billing_address=billing("17850"),
        email=party_of("17850").email,
    )  # fmt: skip


def waiting(person: Person) -> list[str]:
    """Pages of those that may be a customer of the ERP."""
    shown = person.source("/customers/review/")
    return [f"/customers/review/{pk}/" for pk in re.findall(r'id="row-(\d+)"', shown)]


def test_an_unknown_payer_is_flagged_and_linked_and_the_next_payment_finds_them(
    hub: Hub, finance: Person, payer: str
):
    hub.settle()
    item = finance.exception("customer_unknown")
    said = finance.see(f"/exceptions/{item}/")
    assert "Who it may be" in said
    assert "17850" in said
    finance.act(item, "link_customer", customer_id="17850")
    hub.run()
    assert "17850" in finance.transaction(payer)
    later = hub.sale("5.00", customer="shop-7")
    hub.settle()
    assert "17850" in finance.transaction(later)
    assert finance.exceptions("customer_unknown") == []


def test_both_sides_are_shown_as_they_were_written_and_compared_cleansed(
    hub: Hub, finance: Person, payer: str
):
    hub.settle()
    [page] = waiting(finance)
    said, party = finance.see(page), party_of("17850")
    assert "Same e-mail, same name, same address" in said
    assert party.name in said
    assert party.name.upper() in said
    assert party.street in said
    assert billing("17850")["street_address"] in said


def test_who_is_read_first_does_not_matter(hub: Hub, finance: Person):
    sale = hub.sale("100.00", customer="shop-7", billing_address=billing("17850"))
    hub.settle()
    assert waiting(finance) == []
    hub.invoice("536365", "100.00", "17850")
    finance.send("/customers/read/")
    hub.run()
    [page] = waiting(finance)
    assert "17850" in finance.see(page)
    assert "unidentified" in finance.transaction(sale)


def test_a_number_that_the_other_system_carries_comes_before_all_likeness(
    hub: Hub, finance: Person, payer: str
):
    party = party_of("17850")
    place = f"{party.street},{party.city},{party.state},{party.postcode}"
    sheet = f"{CRM}crm-1,{party.name},{party.email},{place},13047\n"
    page = finance.upload("/customers/import/", "crm.csv", sheet, pair=hub.pair.pk, what="crm")
    assert "Customers of the CRM that are new or changed: 1." in page.content.decode()
    hub.settle()
    pages = [finance.see(page) for page in waiting(finance)]
    [said] = [page for page in pages if "Who is crm-1?" in page]
    assert said.index("13047") < said.index("17850")


def test_a_merge_is_agreed_to_by_another_person_and_taken_back(
    hub: Hub, finance: Person, approver: Person, payer: str
):
    hub.settle()
    finance.act(finance.exception("customer_unknown"), "link_customer", customer_id="17850")
    hub.run()
    form = {"pair": hub.pair.pk, "merged_id": "17850", "kept_id": "13047", "why": "One shop."}
    assert "Links" in finance.send("/customers/merges/new/", **form)
    merge = number_in(finance.leads_to("/customers/merges/new/", **form, sure="1"))
    approver.send(f"/customers/merges/{merge}/agree/")
    assert "13047" in finance.see("/customers/")
    finance.send(f"/customers/merges/{merge}/undo/")
    approver.send(f"/customers/merges/{merge}/agree/")
    assert "17850" in finance.see("/customers/")
    assert "13047" not in finance.see("/customers/")

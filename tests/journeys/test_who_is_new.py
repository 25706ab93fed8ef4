"""An unknown payer becomes a customer of the ERP: by a person, by the policy, exactly once."""

import re

import pytest

from integrations.models import Posting
from integrations.sandbox.people import party_of
from mapping.models import CustomerLink, CustomerLinkHistory
from reconciliation.models import ExceptionItem, NewCustomer
from tests.hub import Hub
from tests.journeys.people import Person
from tests.journeys.test_who_pays import billing

ANN = {
    "name": "Ann Lee", "street_address": "1 High St", "city": "Salem", "state": "OR",
    "zip": "97301", "country": "US",
}  # fmt: skip
FORM = {"name": "Ann Lee", "email": "ann@lee.example", "line1": "1 High St", "city": "Salem"}


def pay(hub: Hub, amount: str = "80.10", **more) -> str:
    return hub.sale(amount, customer="shop-7", billing_address=ANN, email="ann@lee.example", **more)


def create_page(person: Person) -> str:
    """The page that the exception of the unknown payer leads to."""
    item = person.exceptions("customer_unknown")[0]
    found = re.search(r'href="(/customers/new/\d+/)"', person.source(f"/exceptions/{item}/"))
    assert found is not None
    return found[1]


def new_customers(hub: Hub) -> list[tuple[str, str]]:
    return hub.sql(
        'SELECT "CustID", "CustName" FROM "tarCustomer" WHERE "CustID" LIKE %s ORDER BY 1', "C%"
    )


@pytest.fixture
def known(hub: Hub) -> None:
    """The ERP has customers and invoices of others."""
    hub.invoice("536365", "100.00", "17850")


def test_a_person_creates_the_payer_and_the_money_moves_to_the_new_customer_and_ties_out(
    hub: Hub, finance: Person, known
):
    sale = pay(hub)
    hub.settle()
    page = create_page(finance)
    assert "Nobody like it is known in the ERP" in finance.see(page)
    assert "cannot be deleted" in finance.see(page)
    assert 'value="Ann Lee"' in finance.source(page)
    assert "is asked to make shop-7 a customer" in finance.send(page, **FORM)
    hub.run()
    assert new_customers(hub) == [("C000001", "Ann Lee")]
    assert "C000001" in finance.transaction(sale)
    assert finance.exceptions("customer_unknown") == []
    assert hub.ledger("%")["2300-00"] == "0.00"
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "77.48"))
    hub.run()
    assert (hub.batch.state, hub.certificate().ties_out) == ("tied_out", True)
    assert CustomerLinkHistory.objects.get().why == "Created in the ERP as C000001."


@pytest.mark.parametrize("field", ["name", "line3", "phone", "customer_class", "terms"])
def test_a_card_number_in_any_field_is_refused_and_kept_nowhere(
    hub: Hub, finance: Person, known, field
):
    pay(hub)
    hub.settle()
    amex = "378282246310005"
    said = finance.refused(create_page(finance), **(FORM | {field: amex}))
    assert "looks like a card number" in said
    assert not NewCustomer.objects.exists()


def test_two_payments_of_one_payer_make_one_customer_even_if_the_answer_is_lost(
    hub: Hub, finance: Person, known
):
    first, second = pay(hub), pay(hub, "19.90")
    hub.settle()
    hub.fault("CreateCustomer", "drop")
    page = create_page(finance)
    finance.send(page, **FORM)
    assert "is being created already" in finance.refused(page, **FORM)
    hub.run()
    assert new_customers(hub) == [("C000001", "Ann Lee")]
    assert [hub.transaction(one).customer_id for one in (first, second)] == ["C000001"] * 2
    assert finance.exceptions("customer_unknown") == []
    later = pay(hub, "5.00")
    hub.settle()
    assert hub.transaction(later).customer_id == "C000001"


def test_what_the_erp_refuses_is_shown_in_its_words_corrected_and_sent_again(
    hub: Hub, finance: Person, known
):
    pay(hub)
    hub.settle()
    page = create_page(finance)
    finance.send(page, **FORM, number="17850")
    hub.run()
    item = finance.exception("customer_refused")
    assert "has a customer 17850 already" in finance.see(f"/exceptions/{item}/")
    assert page in finance.source(f"/exceptions/{item}/")
    assert "has a customer 17850 already" in finance.see(page)
    finance.send(page, **FORM, number="ANNLEE")
    hub.run()
    assert CustomerLink.objects.get().customer_id == "ANNLEE"
    assert finance.exceptions("customer_refused") == []
    assert Posting.objects.get(kind="customer").attempts.count() == 2


@pytest.fixture
def refused(hub: Hub, finance: Person, known) -> int:
    """The exception of a new customer whose number the ERP has already."""
    pay(hub)
    hub.settle()
    finance.send(create_page(finance), **FORM, number="17850")
    hub.run()
    return finance.exception("customer_refused")


def test_a_refused_customer_is_told_in_words_of_its_own_and_not_of_money(
    hub: Hub, finance: Person, refused
):
    said = finance.see(f"/exceptions/{refused}/")
    assert "has a customer 17850 already" in said
    assert "The ERP did not make this payer a customer" in said
    assert "80.10 USD stand with the unidentified receipts." in said
    assert "Mend the details and send it again" in said
    assert "Sent The ERP says Name Ann Lee" in said
    for word in ("Try again", "Set aside", "not on the books"):
        assert word not in said, word
    page = finance.browser.post(f"/exceptions/{refused}/retry/")
    assert page.status_code == 422


def test_the_payer_is_linked_to_a_customer_that_is_there_and_the_money_moves(
    hub: Hub, finance: Person, refused
):
    finance.act(refused, "link_existing", customer_id="17850")
    hub.run()
    assert (CustomerLink.objects.get().customer_id, new_customers(hub)) == ("17850", [])
    assert finance.exceptions("customer_refused") == finance.exceptions("customer_unknown") == []
    assert "1 payment moves there." in finance.see(f"/exceptions/{refused}/")
    assert hub.ledger("%")["2300-00"] == "0.00"
    assert Posting.objects.get(kind="customer").state == "cancelled"


def test_a_link_to_nobody_is_refused_and_leaves_everything(hub: Hub, finance: Person, refused):
    said = finance.refused(f"/exceptions/{refused}/link_existing/", customer_id="NOBODY")
    assert "NOBODY" in said
    assert not CustomerLink.objects.exists()
    assert finance.exception("customer_refused") == refused


def test_it_is_given_up_on_the_desk_with_a_reason_and_not_undone(
    hub: Hub, finance: Person, refused
):
    finance.refused(f"/exceptions/{refused}/not_created/", note="")
    finance.act(refused, "not_created", note="A test payment.")
    hub.run()
    assert "shop-7 is not created: A test payment." in finance.see(f"/exceptions/{refused}/")
    assert finance.exceptions("customer_refused") == []
    assert len(finance.exceptions("customer_unknown")) == 1
    done = ExceptionItem.objects.get(pk=refused).bulk_items.get()
    assert "have it created anew" in finance.send(f"/exceptions/rows/{done.pk}/undo/")


def test_what_is_refused_can_be_given_up_and_asked_for_anew(hub: Hub, finance: Person, known):
    pay(hub)
    hub.settle()
    page = create_page(finance)
    finance.send(page, **FORM, customer_class="NONE")
    hub.run()
    assert "is not created" in finance.send(page, drop="1")
    assert finance.exceptions("customer_refused") == []
    finance.send(page, **FORM)
    hub.run()
    assert [row.is_dropped for row in NewCustomer.objects.order_by("pk")] == [True, False]
    assert new_customers(hub) == [("C000001", "Ann Lee")]


def test_texts_that_the_erp_cannot_hold_are_refused_before_anything_is_sent(
    hub: Hub, finance: Person, known
):
    pay(hub)
    hub.settle()
    said = finance.refused(create_page(finance), **(FORM | {"name": "x" * 41}))
    assert "The name has 41 characters; the ERP takes 40." in said
    assert not Posting.objects.filter(kind="customer").exists()


@pytest.fixture
def creates_alone(hub: Hub, finance: Person, approver: Person) -> None:
    """The policy page: one person proposes it, another puts it in force."""
    typed = {"link_from": "65", "review_from": "30", "creates_alone": "on", "number_prefix": "W"}
    url = f"/customers/policy/{hub.pair.pk}/"
    change = finance.leads_to(url, **typed, reason="All shoppers are new.")
    approver.send(f"{change}approve/")


def test_by_the_policy_a_payer_like_nobody_is_created_without_a_person(
    hub: Hub, finance: Person, known, creates_alone
):
    sales = [pay(hub), pay(hub, "19.90")]
    hub.settle()
    hub.run()
    assert hub.sql('SELECT "CustID" FROM "tarCustomer" WHERE "CustID" LIKE %s', "W%") == [
        ("W000001",)
    ]
    assert [hub.transaction(sale).customer_id for sale in sales] == ["W000001"] * 2
    assert finance.exceptions("customer_unknown") == []
    history = CustomerLinkHistory.objects.get()
    assert (history.actor, history.ground) == ("worker", "policy")
    assert history.why == "Created in the ERP as W000001 by the payment route’s policy."


def test_the_policy_leaves_who_is_like_somebody_or_does_not_fit_to_a_person(
    hub: Hub, finance: Person, known, creates_alone
):
    like = billing("17850")
    hub.sale("10.00", customer="twin", billing_address=like, email=party_of("17850").email)
    long = ANN | {"name": "x" * 41}
    hub.sale("11.00", customer="long", billing_address=long, email="x@x.example")
    hub.settle()
    hub.run()
    assert not NewCustomer.objects.exists()
    assert len(finance.exceptions("customer_unknown")) == 2

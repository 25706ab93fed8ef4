"""A refund without its sale gives back what stands on a customer's account from one payment."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from integrations.choices import PostingState
from mapping.models import CustomerLink
from reconciliation.choices import EffectKind, Placement, Reason, TransactionKind
from reconciliation.models import Effect, ExceptionItem, Transaction
from reconciliation.services.bulk import singles
from reconciliation.services.desk.undo import undo
from tests.pages import htmx
from tests.reconciliation.desk_world import CLEARING, FINANCE, UNIDENTIFIED

REFUNDS = "2310-00"
#: Receipts of a customer that are neither voided nor reversed: how many, their sum, and unapplied.
VALID = """SELECT count(*), COALESCE(sum(p."TranAmt"), 0), COALESCE(sum(p."UnappliedAmt"), 0)
    FROM "tarCustPmt" p JOIN "tarCustomer" c USING ("CustKey")
    WHERE p."Status" = 1 AND c."CustID" = %s"""


def refund_of(hub, amount):
    """A settled refund of the batch that nothing links to a sale."""
    row = hub.payment(amount, kind=TransactionKind.REFUND, last4="9999")
    hub.batch.reported_sales -= Decimal(amount)
    hub.batch.reported_refunds += Decimal(amount)
    hub.batch.save()
    return row


@pytest.fixture
def known(hub):
    """How a payer of the hub's customer is named; the customer has an invoice of another day."""
    hub.invoice("9", "1.00")
    ref = f"r-{hub.number}"
    CustomerLink.objects.create(pair=hub.pair, ref=ref, customer_id=hub.customer, made_by=FINANCE)
    return ref


def on_account(hub, known, paid, back):
    """A payment that stands on account, a refund without its sale, and the batch is proved."""
    sale, refund = hub.payment(paid, customer_ref=known), refund_of(hub, back)
    hub.run()
    hub.pay_batch()
    hub.run()
    sale.refresh_from_db()
    assert sale.placement == Placement.ON_ACCOUNT
    assert hub.account(REFUNDS) == back
    return sale, hub.item(refund, Reason.REFUND_UNLINKED)


def give_back(item, customer, actor=FINANCE):
    values = {"customer_id": customer, "note": "Paid too much."}
    return singles.do(item, "give_back", values, actor)


def stands(hub):
    number, total, left = hub.sql(VALID, hub.customer)[0]
    return number, f"{total:.2f}", f"{left:.2f}"


def test_a_person_takes_it_from_the_account_and_the_books_are_even(hub, known, client):
    sale, item = on_account(hub, known, "80.00", "50.00")
    before, lines = hub.certificates(), hub.clearing_lines()
    client.force_login(User.objects.get(username="demo-finance"))
    url = f"/exceptions/{item.pk}/give_back/"
    page = client.post(
        url, {"customer_id": hub.customer, "note": "Too much."}, headers=htmx("panel")
    )
    assert page.status_code == 200
    hub.run()
    item.refresh_from_db()
    sale.refresh_from_db()
    assert (item.state, "Too much." in item.resolution) == ("resolved", True)
    assert (stands(hub), sale.status) == ((1, "30.00", "30.00"), "partially_refunded")
    assert (hub.account(REFUNDS), hub.account(UNIDENTIFIED), hub.account(CLEARING)) == ("0.00",) * 3
    assert (hub.certificates(), hub.clearing_lines()) == (before, lines)


def test_the_whole_of_a_payment_is_given_back_and_nobody_asks_about_it_any_more(hub, known):
    sale, item = on_account(hub, known, "50.00", "50.00")
    give_back(item, hub.customer)
    hub.run()
    sale.refresh_from_db()
    assert (stands(hub), sale.status, sale.placement) == ((0, "0.00", "0.00"), "refunded", "")
    assert not ExceptionItem.objects.filter(transaction=sale, state="open").exists()
    assert hub.account(REFUNDS) == "0.00"


def test_what_is_applied_to_an_invoice_stays_applied(hub, known):
    number = hub.invoice("1", "30.00")
    _, refund = hub.payment("80.00", number, known), refund_of(hub, "50.00")
    hub.run()
    give_back(hub.item(refund, Reason.REFUND_UNLINKED), hub.customer)
    hub.run()
    assert (hub.balance(number), stands(hub)) == ("0.00", (1, "30.00", "0.00"))


def test_it_is_undone_before_it_was_sent_as_if_nothing_had_been(hub, known):
    sale, item = on_account(hub, known, "50.00", "50.00")
    give_back(item, hub.customer)
    undo(item.bulk_items.get(), FINANCE)
    hub.run()
    for row in (sale, item):
        row.refresh_from_db()
    asks = ExceptionItem.objects.get(transaction=sale)
    assert (sale.placement, sale.status, item.state, asks.state) == (
        *(Placement.ON_ACCOUNT, "settled", "open", "open"),
    )
    made = Effect.objects.filter(kind__in=(EffectKind.MOVED, EffectKind.GIVEN_BACK))
    assert {each.posting.state for each in made} == {PostingState.CANCELLED}
    assert (stands(hub), hub.account(REFUNDS)) == ((1, "50.00", "50.00"), "50.00")


def test_it_is_undone_after_it_was_posted_and_can_be_done_again(hub, known):
    sale, item = on_account(hub, known, "80.00", "50.00")
    give_back(item, hub.customer)
    hub.run()
    said = undo(item.bulk_items.get(), FINANCE)
    assert "is received for customer" in said
    hub.run()
    assert (stands(hub), hub.account(REFUNDS)) == ((1, "80.00", "80.00"), "50.00")
    item.refresh_from_db()
    give_back(item, hub.customer)
    hub.run()
    assert (stands(hub), hub.account(REFUNDS)) == ((1, "30.00", "30.00"), "0.00")
    assert Transaction.objects.get(pk=sale.pk).refunds.get() == item.transaction


def test_a_customer_of_whom_nothing_stands_on_account_is_refused_in_words(hub, known, client):
    _, item = on_account(hub, known, "40.00", "50.00")
    client.force_login(User.objects.get(username="demo-finance"))
    for customer, words in (
        (hub.customer, f"No payment of customer {hub.customer} from before the refund has"),
        ("NOBODY", "is called NOBODY"),
    ):
        values = {"customer_id": customer, "note": "Why not."}
        page = client.post(f"/exceptions/{item.pk}/give_back/", values, headers=htmx("panel"))
        assert (page.status_code, words in page.content.decode()) == (422, True)
    assert not Effect.objects.filter(kind=EffectKind.GIVEN_BACK).exists()

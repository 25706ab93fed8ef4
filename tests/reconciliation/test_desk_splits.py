"""A payment is split over several invoices: all or nothing, and only if the sums agree."""

import pytest

from mapping.models import CustomerLink
from reconciliation.choices import Placement, Reason
from reconciliation.models import Effect
from reconciliation.services.desk import DeskError
from reconciliation.services.desk.splits import shares_in, split
from tests.reconciliation.desk_world import FINANCE, UNIDENTIFIED


@pytest.fixture
def on_account(hub):
    """70.00 of a known customer that names no invoice; two are open."""
    row = hub.payment("70.00", customer_ref=f"ref-{hub.number}")
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    for number, amount in (("1", "40.00"), ("2", "50.00")):
        hub.invoice(number, amount)
    hub.run()
    return hub.item(row, Reason.INVOICE_NOT_FOUND)


def test_money_on_account_is_split_and_nothing_is_left(hub, on_account):
    one, two = f"{hub.number}1", f"{hub.number}2"
    split(on_account, f"{one} 40.00\n{two}: 30.00", FINANCE)
    hub.run()
    assert (hub.balance(one), hub.balance(two)) == ("0.00", "20.00")
    assert on_account.state == "resolved"
    on_account.transaction.refresh_from_db()
    assert on_account.transaction.placement == Placement.APPLIED


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ("{0}1 40.00; {0}2 29.99", "come to 69.99 USD, and 70.00 USD is there"),
        ("{0}1 45.00; {0}2 25.00", "takes 40.00 USD, not 45.00 USD"),
        ("{0}1 35.00; {0}1 35.00", "is named twice"),
        ("{0}1 40.00; nothing 30.00", "No invoice of company SOA that is open"),
    ],
)
def test_a_split_that_does_not_fit_changes_nothing(hub, on_account, shares, said):
    before = Effect.objects.count()
    with pytest.raises(DeskError, match=said):
        split(on_account, shares.format(hub.number), FINANCE)
    on_account.refresh_from_db()
    assert (Effect.objects.count(), on_account.state) == (before, "open")


def test_money_of_nobody_becomes_the_invoices_customers(hub):
    row = hub.payment("70.00")
    one, two = hub.invoice("1", "40.00"), hub.invoice("2", "50.00")
    hub.run()
    split(hub.item(row, Reason.CUSTOMER_UNKNOWN), f"{one} 40.00; {two} 30.00", FINANCE)
    hub.run()
    assert (hub.balance(one), hub.balance(two)) == ("0.00", "20.00")
    assert hub.account(UNIDENTIFIED) == "0.00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("536365 10.00", "at least two invoices"),
        ("536365; 536366 10.00", "no invoice with an amount"),
        ("536365 0.00; 536366 10.00", "cannot be paid"),
        ("536365 -1.00; 536366 10.00", "no invoice with an amount"),
        ("536365 1.001; 536366 10.00", "more than 2 decimals for USD"),
        (f"536365 {'9' * 40}; 536366 10.00", "larger than any amount of money"),
        ("; ".join(f"{n} 1.00" for n in range(51)), "At most 50"),
    ],
)
def test_shares_that_make_no_sense_are_refused_in_words(text, said):
    with pytest.raises(DeskError, match=said):
        shares_in(text, "USD")


def test_shares_are_read_as_people_write_them():
    found = shares_in("INV 536365: 1,000.50\n536366=2", "USD")
    assert [share.number for share in found] == ["INV 536365", "536366"]
    assert [share.amount.text for share in found] == ["1000.50", "2.00"]

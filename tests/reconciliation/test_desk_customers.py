"""Money of an unknown customer is transferred to an account once somebody knows whose it is."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from integrations.models import Posting
from mapping.models import CustomerLink
from reconciliation.choices import EffectKind, ExceptionState, Placement, Reason
from reconciliation.models import Effect, ExceptionItem
from reconciliation.services import desk
from tests.reconciliation.desk_world import (
    FINANCE,
    MAPPER,
    RECEIVABLES,
    UNIDENTIFIED,
)


@pytest.fixture
def stray(hub):
    """50.00 of a payer whom nobody knows, posted, with its invoice unknown too."""
    hub.invoice("1", "50.00")
    row = hub.payment("50.00", customer_ref="walk-in")
    hub.run()
    row.refresh_from_db()
    return row


def test_the_money_moves_from_the_unidentified_account_to_the_customers(hub, stray):
    assert (hub.account(UNIDENTIFIED), hub.account(RECEIVABLES)) == ("-50.00", "0.00")
    desk.link_customer(hub.item(stray), hub.customer, FINANCE)
    hub.run()
    assert (hub.account(UNIDENTIFIED), hub.account(RECEIVABLES)) == ("0.00", "-50.00")
    assert hub.receipts() == [("50.00", "50.00", f"{stray.vendor_id}-T1")]


def test_the_transfer_corrects_the_receipt_and_the_item_is_resolved(hub, stray):
    item = hub.item(stray, Reason.CUSTOMER_UNKNOWN)
    desk.link_customer(item, hub.customer, FINANCE)
    transfer = Effect.objects.get(kind=EffectKind.TRANSFER)
    assert transfer.corrects.kind == EffectKind.RECEIPT
    assert transfer.key == f"SOA|paytrace:demo|tx:{stray.vendor_id}|transfer-unidentified|1"
    assert (item.state, item.closed_by) == (ExceptionState.RESOLVED, FINANCE)
    stray.refresh_from_db()
    assert (stray.customer_id, stray.placement) == (hub.customer, Placement.ON_ACCOUNT)


def test_invoices_that_the_payer_named_are_paid_by_the_transfer(hub):
    number = hub.invoice("1", "30.00")
    late = f"{hub.number}2"
    row = hub.payment("70.00", f"INV {late}", customer_ref="walk-in")
    hub.run()
    hub.invoice("2", "45.00")
    desk.link_customer(hub.item(row), hub.customer, FINANCE)
    hub.run()
    assert (hub.balance(number), hub.balance(late)) == ("30.00", "0.00")
    assert hub.receipts() == [("70.00", "25.00", f"{row.vendor_id}-T1")]
    assert hub.item(row, Reason.OVERPAID).state == ExceptionState.OPEN


def test_an_invoice_that_is_still_not_found_is_an_exception_of_its_own(hub):
    hub.invoice("1", "30.00")
    row = hub.payment("70.00", "INV 999999999", customer_ref="walk-in")
    hub.run()
    desk.link_customer(hub.item(row), hub.customer, FINANCE)
    assert hub.item(row, Reason.INVOICE_NOT_FOUND).state == ExceptionState.OPEN
    assert "link_invoice" in desk.actions_for(hub.item(row, Reason.INVOICE_NOT_FOUND))


def test_later_payments_of_the_same_payer_find_the_customer_by_themselves(hub, stray):
    desk.link_customer(hub.item(stray), hub.customer, FINANCE)
    assert CustomerLink.objects.get().customer_id == hub.customer
    row = hub.payment("20.00", customer_ref="walk-in")
    hub.run()
    row.refresh_from_db()
    assert row.customer_id == hub.customer


def test_the_batch_and_its_certificate_stay_as_they_are(hub, stray):
    hub.run()
    hub.pay_batch()
    hub.run()
    before, lines = hub.certificates(), hub.clearing_lines()
    assert [amount for _, amount in lines] == ["50.00", "-50.00"]
    desk.link_customer(hub.item(stray), hub.customer, FINANCE)
    hub.run()
    assert (hub.certificates(), hub.clearing_lines()) == (before, lines)
    hub.batch.refresh_from_db()
    assert hub.batch.state == "tied_out"


def test_linking_twice_links_once(hub, stray):
    item = hub.item(stray)
    desk.link_customer(item, hub.customer, FINANCE)
    with pytest.raises(desk.DeskError, match="resolved already"):
        desk.link_customer(item, hub.customer, MAPPER)
    hub.run()
    assert len(hub.receipts()) == 1
    assert hub.doubled_keys() == []
    keys = list(Posting.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys))


def test_two_exceptions_of_one_payment_are_settled_together(hub):
    first = hub.invoice("1", "10.00")
    second = hub.invoice("2", "10.00", hub.other)
    row = hub.payment("20.00", f"{first}/{second}")
    hub.run()
    several = hub.item(row, Reason.SEVERAL_CUSTOMERS)
    desk.link_customer(several, hub.customer, FINANCE)
    assert desk.actions_for(several) == []
    row.refresh_from_db()
    assert row.placement == Placement.ON_ACCOUNT


def test_a_customer_that_the_erp_does_not_know_changes_nothing(hub, stray):
    item = hub.item(stray)
    with pytest.raises(desk.DeskError, match="No customer of company SOA is called nobody"):
        desk.link_customer(item, "nobody", FINANCE)
    item.refresh_from_db()
    assert item.state == ExceptionState.OPEN
    assert not CustomerLink.objects.exists()


def test_without_an_answer_of_the_erp_nothing_changes(hub, stray, monkeypatch):
    from integrations.connectors.sage500.connector import Sage500Connector
    from integrations.errors import TransientError

    def silent(*args, **values):
        raise TransientError("The connection timed out.")

    monkeypatch.setattr(Sage500Connector, "customers_exist", silent)
    with pytest.raises(desk.DeskError, match="gave no answer: The connection timed out"):
        desk.link_customer(hub.item(stray), hub.customer, FINANCE)
    assert not Effect.objects.filter(kind=EffectKind.TRANSFER).exists()


def test_a_receipt_that_the_erp_does_not_have_yet_cannot_be_moved(hub):
    from reconciliation.services import decide

    hub.invoice("1", "30.00")
    row = hub.payment("20.00", customer_ref="walk-in")
    decide.drain()
    with pytest.raises(desk.DeskError, match="not in the ERP yet"):
        desk.link_customer(hub.item(row), hub.customer, FINANCE)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_link_at_the_same_moment_move_the_money_once(hub, stray):
    item = hub.item(stray)

    def press(customer):
        try:
            desk.link_customer(ExceptionItem.objects.get(pk=item.pk), customer, FINANCE)
        except desk.DeskError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    hub.invoice("2", "1.00", hub.other)
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(press, [hub.customer, hub.other]))
    hub.run()
    assert answers[0] == ""
    assert "resolved already" in answers[1]
    assert len(hub.receipts(hub.customer)) + len(hub.receipts(hub.other)) == 1
    assert (hub.account(UNIDENTIFIED), hub.account(RECEIVABLES)) == ("0.00", "-50.00")

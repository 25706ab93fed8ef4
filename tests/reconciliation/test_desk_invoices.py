"""Money on account pays an invoice once somebody says which; never more than the invoice takes."""

import pytest

from integrations.services import posting
from reconciliation.choices import EffectKind, ExceptionState, Placement, Reason
from reconciliation.models import Effect
from reconciliation.services import decide, desk
from tests.reconciliation.desk_world import (
    APPROVER,
    CLEARING,
    FINANCE,
    RECEIVABLES,
    UNIDENTIFIED,
)


@pytest.fixture
def on_account(hub):
    """70.00 of a known customer for an invoice that nobody knows, posted on account."""
    hub.invoice("1", "45.00")
    row = hub.payment("70.00", "INV 999999999", customer_ref=hub.customer)
    hub.run()
    return row


def test_the_invoice_is_paid_by_the_receipt_that_was_there(hub, on_account):
    number = f"{hub.number}1"
    desk.link_invoice(hub.item(on_account), number, FINANCE)
    hub.run()
    assert hub.balance(number) == "0.00"
    assert hub.receipts() == [("70.00", "25.00", on_account.vendor_id)]
    assert (hub.account(CLEARING), hub.account(RECEIVABLES)) == ("70.00", "-70.00")


def test_the_exception_stays_open_with_what_is_left(hub, on_account):
    item = hub.item(on_account)
    desk.link_invoice(item, f"{hub.number}1", FINANCE)
    assert (item.state, f"{item.amount:.2f}") == (ExceptionState.OPEN, "25.00")
    assert "25.00 USD stays on account" in item.notes.last().text
    hub.run()
    second = hub.invoice("2", "25.00")
    desk.link_invoice(item, second, FINANCE)
    hub.run()
    assert item.state == ExceptionState.RESOLVED
    assert hub.balance(second) == "0.00"
    assert hub.receipts() == [("70.00", "0.00", on_account.vendor_id)]


def test_an_application_has_a_key_of_its_own_and_corrects_the_receipt(hub, on_account):
    desk.link_invoice(hub.item(on_account), f"{hub.number}1", FINANCE)
    [effect] = Effect.objects.filter(kind=EffectKind.APPLICATION)
    [item_key] = effect.reservations.values_list("item_key", flat=True)
    start = f"SOA|paytrace:demo|tx:{on_account.vendor_id}"
    assert effect.key == f"{start}|apply-{item_key}|1"
    assert effect.corrects.key == f"{start}|receipt|1"
    on_account.refresh_from_db()
    assert on_account.placement == Placement.APPLIED


def test_an_invoice_that_is_paid_in_the_meantime_takes_no_more(hub, on_account):
    item, number = hub.item(on_account), f"{hub.number}1"
    desk.link_invoice(item, number, FINANCE)
    with pytest.raises(desk.DeskError, match="is paid, or about to be"):
        desk.link_invoice(item, number, FINANCE)
    hub.run()
    with pytest.raises(desk.DeskError, match="is paid, or about to be"):
        desk.link_invoice(item, number, FINANCE)
    assert Effect.objects.filter(kind=EffectKind.APPLICATION).count() == 1


def test_what_another_payment_has_reserved_is_left_to_it(hub, on_account):
    number = f"{hub.number}1"
    hub.payment("40.00", f"INV {number}", customer_ref=hub.customer)
    decide.drain()
    item = hub.item(on_account)
    desk.link_invoice(item, number, FINANCE)
    assert f"{item.amount:.2f}" == "65.00"
    hub.run()
    assert hub.balance(number) == "0.00"


def test_an_invoice_of_another_customer_is_refused(hub, on_account):
    number = hub.invoice("2", "70.00", hub.other)
    with pytest.raises(desk.DeskError, match=f"belongs to {hub.other}; the money is"):
        desk.link_invoice(hub.item(on_account), number, FINANCE)


@pytest.mark.parametrize("typed", ["INV 123123123", "  ", "what?"])
def test_an_invoice_that_does_not_exist_is_refused(hub, on_account, typed):
    with pytest.raises(desk.DeskError, match="No invoice of company SOA that is open"):
        desk.link_invoice(hub.item(on_account), typed, FINANCE)


def test_of_an_invoice_that_is_paid_it_is_not_said_that_there_is_none(hub, on_account):
    number = hub.invoice("6", "0.00")
    with pytest.raises(desk.DeskError, match=f"open is called {number}: it is paid already, or"):
        desk.link_invoice(hub.item(on_account), number, FINANCE)


def test_a_number_that_fits_several_invoices_is_refused_until_one_is_named(hub, on_account):
    number = hub.invoice("7", "10.00")
    rows = hub.sql('SELECT "TranID" FROM "tarInvoice" WHERE "CustPONo" = %s', number)
    hub.sql(
        'UPDATE "tarInvoice" SET "CustPONo" = %s WHERE "CustPONo" = %s RETURNING 1',
        number,
        f"{hub.number}1",
    )
    with pytest.raises(desk.DeskError, match="fits several invoices"):
        desk.link_invoice(hub.item(on_account), number, FINANCE)
    assert len(rows) == 1


def test_a_receipt_that_the_erp_has_not_posted_waits(hub):
    """A bookkeeper posts the batches here: the receipt is entered, its money cannot be applied."""
    hub.pair.post_batches = False
    hub.pair.save()
    number = hub.invoice("1", "45.00")
    row = hub.payment("70.00", "INV 999999999", customer_ref=hub.customer)
    decide.drain()
    while posting.drain():
        pass
    with pytest.raises(desk.DeskError, match="has not posted the receipt yet"):
        desk.link_invoice(hub.item(row), number, FINANCE)


def test_money_of_nobody_becomes_the_invoices_customers_and_pays_it(hub):
    number = hub.invoice("1", "45.00")
    row = hub.payment("70.00", customer_ref="walk-in")
    hub.run()
    item = hub.item(row)
    desk.link_invoice(item, number, FINANCE)
    hub.run()
    assert (hub.account(UNIDENTIFIED), hub.balance(number)) == ("0.00", "0.00")
    assert hub.receipts() == [("70.00", "25.00", f"{row.vendor_id}-T1")]
    left = hub.item(row, Reason.OVERPAID)
    assert (item.state, left.state) == (ExceptionState.RESOLVED, ExceptionState.OPEN)
    assert f"{left.amount:.2f}" == "25.00"


def test_what_a_transfer_left_on_account_can_pay_another_invoice(hub):
    first, second = hub.invoice("1", "45.00"), hub.invoice("2", "30.00")
    row = hub.payment("70.00", customer_ref="walk-in")
    hub.run()
    desk.link_invoice(hub.item(row), first, FINANCE)
    hub.run()
    left = hub.item(row, Reason.OVERPAID)
    desk.link_invoice(left, second, APPROVER)
    hub.run()
    assert (hub.balance(first), hub.balance(second)) == ("0.00", "5.00")
    assert (left.state, left.closed_by) == (ExceptionState.RESOLVED, APPROVER)


def test_a_second_charge_can_pay_another_invoice(hub):
    number, other = hub.invoice("1", "45.00"), hub.invoice("2", "45.00")
    hub.payment("45.00", f"INV {number}", customer_ref=hub.customer)
    again = hub.payment("45.00", f"INV {number}", customer_ref=hub.customer)
    hub.run()
    item = hub.item(again, Reason.SECOND_CHARGE)
    desk.link_invoice(item, other, FINANCE)
    hub.run()
    assert (hub.balance(number), hub.balance(other)) == ("0.00", "0.00")
    assert item.state == ExceptionState.RESOLVED


def test_the_certificate_of_the_batch_stays_as_it_is(hub, on_account):
    hub.pay_batch()
    hub.run()
    before, lines = hub.certificates(), hub.clearing_lines()
    desk.link_invoice(hub.item(on_account), f"{hub.number}1", FINANCE)
    hub.run()
    assert (hub.certificates(), hub.clearing_lines()) == (before, lines)
    hub.batch.refresh_from_db()
    assert (hub.batch.state, len(before) > 2) == ("tied_out", True)

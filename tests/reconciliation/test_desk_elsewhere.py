"""A payment that pays the wrong invoice pays another one; its batch ties out as before."""

import pytest

from audit.models import Entry
from integrations.choices import PostingState
from mapping.models import CustomerLink
from reconciliation.choices import EffectKind, FindingKind, Placement, Reason
from reconciliation.models import Effect, ExceptionItem, Reservation
from reconciliation.services import census, desk
from reconciliation.services.bulk import runs, singles
from reconciliation.services.desk.question import question
from reconciliation.services.desk.undo import undo
from tests.reconciliation.desk_world import (
    APPROVER,
    CLEARING,
    FINANCE,
    RECEIVABLES,
    UNIDENTIFIED,
)
from tests.reconciliation.test_bulk import work_off

#: Receipts of two customers that are neither voided nor reversed.
VALID = """SELECT count(*), sum(p."TranAmt") FROM "tarCustPmt" p JOIN "tarCustomer" c
    USING ("CustKey") WHERE p."Status" = 1 AND c."CustID" IN (%s, %s)"""


@pytest.fixture
def paid(hub):
    """A payment of 50.00 that pays the invoice it names, and its exception by a person."""
    row = hub.payment("50.00", reference=hub.invoice("1", "50.00"), customer_ref=f"r-{hub.number}")
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    hub.run()
    hub.pay_batch()
    hub.run()
    row.refresh_from_db()
    assert row.placement == Placement.APPLIED
    return question(row, "It was meant for the other one.", FINANCE)


def elsewhere(hub, item, number, confirmed="True", actor=FINANCE):
    values = {"document_no": number, "confirmed": confirmed}
    run = singles.do(item, "apply_elsewhere", values, actor)
    hub.run()
    item.refresh_from_db()
    item.transaction.refresh_from_db()
    return run


def test_another_customer_is_paid_and_the_first_invoice_is_open_again(hub, paid):
    before, lines = hub.certificates(), hub.clearing_lines()
    wanted = hub.invoice("2", "80.00", customer=hub.other)
    elsewhere(hub, paid, wanted)
    assert (hub.balance(f"{hub.number}1"), hub.balance(wanted)) == ("50.00", "30.00")
    assert paid.state == "resolved"
    assert paid.transaction.customer_id == hub.other
    assert hub.account(UNIDENTIFIED) == "0.00"
    assert (hub.certificates(), hub.clearing_lines()) == (before, lines)
    assert CustomerLink.objects.get().customer_id == hub.customer
    taken = census.take(hub.pair).census
    assert not taken.findings.exclude(kind=FindingKind.UNOWED).exists()


def test_what_else_it_changes_is_said_first_and_nothing_is_done_unconfirmed(hub, paid):
    wanted = hub.invoice("2", "30.00", customer=hub.other)
    with pytest.raises(desk.DeskError) as refused:
        elsewhere(hub, paid, wanted, confirmed="False")
    for words in (
        f"of customer {hub.customer} is reversed in the ERP",
        "-IN is open again by 50.00 USD",
        f"a new receipt of customer {hub.other} pays 30.00 USD to ",
        "20.00 USD stands on that customer's account",
        f"still go to customer {hub.customer}",
        "Confirm that you have read this",
    ):
        assert words in str(refused.value), words
    assert not Effect.objects.filter(kind=EffectKind.MOVED).exists()


def test_what_the_other_invoice_cannot_take_is_an_exception_of_its_own(hub, paid):
    elsewhere(hub, paid, hub.invoice("2", "30.00", customer=hub.other))
    left = ExceptionItem.objects.get(reason=Reason.OVERPAID)
    assert (f"{left.amount:.2f}", left.state) == ("20.00", "open")
    assert [each[:2] for each in hub.receipts(hub.other)] == [("50.00", "20.00")]


def test_the_same_customers_other_invoice_is_paid_instead(hub, paid):
    wanted = hub.invoice("2", "50.00")
    elsewhere(hub, paid, wanted)
    assert (hub.balance(f"{hub.number}1"), hub.balance(wanted)) == ("50.00", "0.00")
    assert paid.transaction.customer_id == hub.customer


def test_it_is_undone_before_it_was_sent_as_if_nothing_had_been(hub, paid):
    wanted = hub.invoice("2", "50.00", customer=hub.other)
    singles.do(paid, "apply_elsewhere", {"document_no": wanted, "confirmed": "True"}, FINANCE)
    undo(paid.bulk_items.get(), FINANCE)
    hub.run()
    paid.refresh_from_db()
    assert (hub.balance(f"{hub.number}1"), hub.balance(wanted)) == ("0.00", "50.00")
    assert (paid.state, paid.transaction.customer_id) == ("open", hub.customer)
    assert Reservation.objects.get(effect__kind="receipt").is_released is False
    assert set(
        Effect.objects.filter(kind__in=("moved", "transfer")).values_list(
            "posting__state", flat=True
        )
    ) == {PostingState.CANCELLED}


def test_it_is_undone_after_it_was_posted_and_can_be_done_again(hub, paid):
    wanted = hub.invoice("2", "50.00", customer=hub.other)
    elsewhere(hub, paid, wanted)
    said = undo(paid.bulk_items.get(), FINANCE)
    assert f"is received for customer {hub.customer} again; it pays " in said
    hub.run()
    assert (hub.balance(f"{hub.number}1"), hub.balance(wanted)) == ("0.00", "50.00")
    assert hub.account(UNIDENTIFIED) == "0.00"
    elsewhere(hub, paid, wanted)
    assert (hub.balance(f"{hub.number}1"), hub.balance(wanted)) == ("50.00", "0.00")
    assert hub.account(CLEARING) == "0.00"
    assert hub.sql(VALID, hub.customer, hub.other) == [(1, 50)]


def test_a_large_payment_moves_once_a_second_person_has_approved(hub):
    row = hub.payment("12000.00", reference=hub.invoice("1", "12000.00"))
    row.customer_ref = f"r-{hub.number}"
    row.save()
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    hub.run()
    row.refresh_from_db()
    item, wanted = question(row, "Wrong.", FINANCE), hub.invoice("2", "12000.00", hub.other)
    run = elsewhere(hub, item, wanted)
    assert run.state == "asked"
    runs.approve(run, APPROVER)
    work_off(run)
    hub.run()
    assert hub.balance(wanted) == "0.00"
    assert Entry.objects.filter(action="exception.apply_elsewhere").get().actor == FINANCE


def test_money_that_is_nobodys_or_still_on_its_way_is_not_questioned_or_moved(hub):
    row = hub.payment("50.00", reference=hub.invoice("1", "50.00"))
    with pytest.raises(desk.DeskError, match="stands with no customer"):
        question(row, "Why?", FINANCE)
    with pytest.raises(desk.DeskError, match="Say what is wrong"):
        question(row, " ", FINANCE)


def test_receivables_are_what_they_were(hub, paid):
    before = hub.account(RECEIVABLES)
    elsewhere(hub, paid, hub.invoice("2", "50.00", customer=hub.other))
    assert hub.account(RECEIVABLES) == before


def test_an_invoice_in_another_currency_takes_nothing_and_says_so(hub, paid):
    number = hub.invoice("2", "50.00")
    hub.erp.execute('UPDATE "tarInvoice" SET "CurrID" = %s WHERE "CustPONo" = %s', ["EUR", number])
    with pytest.raises(desk.DeskError, match="is in EUR, and the payment is in USD"):
        elsewhere(hub, paid, number)
    assert hub.balance(number) == "50.00"

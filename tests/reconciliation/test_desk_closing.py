"""Claiming, leaving, dismissing, trying again: noted, audited, and refused when closed."""

import pytest

from audit.models import Entry
from integrations.choices import PostingState
from integrations.models import Posting
from integrations.sandbox.sage500.build import set_period_status
from reconciliation.choices import ExceptionState, Placement, Reason
from reconciliation.models import ExceptionItem
from reconciliation.services import decide, desk
from reconciliation.services.desk.fitting import NOT_ON_BOOKS
from tests.builders import AttemptFactory, ExceptionItemFactory, PostingFactory, TransactionFactory
from tests.reconciliation.desk_world import APPROVER, COMPANY, DAY, FINANCE
from tests.world import operator

ACTOR = "user:operator"


@pytest.fixture
def item(db):
    operator()
    row = TransactionFactory(placement=Placement.ON_ACCOUNT)
    return ExceptionItemFactory(transaction=row, connection=row.connection)


def test_claiming_says_who_works_on_it(item):
    desk.claim(item, ACTOR)
    assert (item.state, item.owner) == (ExceptionState.CLAIMED, ACTOR)
    assert "claim" not in desk.actions_for(item)
    [note] = item.notes.all()
    assert (note.actor, note.action) == (ACTOR, "claim")


def test_what_a_colleague_has_claimed_is_not_claimed_again(item):
    stale = ExceptionItem.objects.get(pk=item.pk)
    desk.claim(item, ACTOR)
    with pytest.raises(desk.DeskError, match="does not fit"):
        desk.claim(stale, ACTOR)
    assert item.notes.count() == 1


def test_every_step_leaves_an_audit_entry(item):
    desk.claim(item, ACTOR)
    desk.dismiss(item, "Paid back in cash.", ACTOR)
    entries = Entry.objects.filter(subject_type="exception", subject_id=str(item.pk))
    assert list(entries.order_by("pk").values_list("action", "actor")) == [
        ("exception.claim", ACTOR),
        ("exception.dismiss", ACTOR),
    ]


def test_leaving_on_account_closes_what_else_asks_about_the_same_money(item):
    other = ExceptionItemFactory(
        transaction=item.transaction, connection=item.connection, reason=Reason.REFERENCE_AMBIGUOUS
    )
    elsewhere = ExceptionItemFactory(transaction=TransactionFactory())
    desk.leave_on_account(item, "", ACTOR)
    for row in (other, elsewhere):
        row.refresh_from_db()
    assert (item.state, item.resolution) == (ExceptionState.RESOLVED, "Left on account.")
    assert (other.state, elsewhere.state) == (ExceptionState.RESOLVED, ExceptionState.OPEN)


def test_money_of_nobody_cannot_be_left_on_account(item):
    item.transaction.placement = Placement.UNIDENTIFIED
    item.transaction.save()
    with pytest.raises(desk.DeskError, match="does not fit"):
        desk.leave_on_account(item, "Leave it.", ACTOR)


@pytest.mark.parametrize("note", ["", "   "])
def test_dismissing_needs_a_reason(item, note):
    with pytest.raises(desk.DeskError, match="Say why"):
        desk.dismiss(item, note, ACTOR)
    item.refresh_from_db()
    assert item.state == ExceptionState.OPEN


@pytest.mark.parametrize("reason", NOT_ON_BOOKS)
def test_what_is_not_on_the_books_cannot_be_dismissed(db, reason):
    operator()
    item = ExceptionItemFactory(reason=reason)
    with pytest.raises(desk.DeskError, match="cannot be dismissed"):
        desk.dismiss(item, "Never mind.", ACTOR)
    assert "dismiss" not in desk.actions_for(item)


@pytest.mark.parametrize("reason", sorted(set(Reason.values) - set(NOT_ON_BOOKS)))
def test_everything_else_can_be_dismissed_with_a_reason(db, reason):
    operator()
    item = ExceptionItemFactory(reason=reason)
    desk.dismiss(item, "Looked at.", ACTOR)
    assert (item.state, item.resolution) == (ExceptionState.DISMISSED, "Looked at.")


@pytest.mark.parametrize("state", [ExceptionState.RESOLVED, ExceptionState.DISMISSED])
def test_what_is_closed_stays_closed(item, state):
    ExceptionItem.objects.filter(pk=item.pk).update(state=state, resolution="Done.")
    actions = [
        lambda: desk.claim(item, ACTOR),
        lambda: desk.leave_on_account(item, "x", ACTOR),
        lambda: desk.dismiss(item, "x", ACTOR),
        lambda: desk.link_customer(item, "1", ACTOR),
        lambda: desk.link_invoice(item, "1", ACTOR),
        lambda: desk.retry(item, ACTOR),
    ]
    for action in actions:
        with pytest.raises(desk.DeskError, match=f"{state} already: Done"):
            action()
    assert not item.notes.exists()


def test_a_held_posting_goes_again_and_its_exception_closes_when_it_stands(hub):
    row = hub.payment("50.00")
    set_period_status(hub.url, COMPANY, DAY, closed=True)
    try:
        hub.run()
        item = ExceptionItem.objects.get(reason=Reason.PERIOD_CLOSED)
        desk.retry(item, FINANCE)
        hub.run()
        assert Posting.objects.get(pk=item.posting_id).state == PostingState.HELD
    finally:
        set_period_status(hub.url, COMPANY, DAY, closed=False)
    desk.retry(item, APPROVER)
    hub.run()
    item.refresh_from_db()
    assert (item.state, item.closed_by) == (ExceptionState.RESOLVED, "worker")
    assert [note.actor for note in item.notes.all()] == [FINANCE, APPROVER, "worker"]
    assert len(hub.sql('SELECT 1 FROM "tarCustPmt" WHERE "PmtRefNo" = %s', row.vendor_id)) == 1


def test_a_posting_that_went_on_is_not_sent_again(db):
    operator()
    posting = PostingFactory(posted=True)
    item = ExceptionItemFactory(reason=Reason.REFUSED_BY_ERP, posting=posting)
    with pytest.raises(desk.DeskError, match="The posting is posted already"):
        desk.retry(item, ACTOR)


def test_a_document_that_the_erp_holds_with_other_content_is_looked_up_never_sent(db):
    operator()
    posting = PostingFactory(held=True, code="content_conflict")
    AttemptFactory(posting=posting, outcome="conflict")
    item = ExceptionItemFactory(reason=Reason.CONTENT_CONFLICT, posting=posting)
    desk.retry(item, ACTOR)
    assert Posting.objects.get(pk=posting.pk).state == PostingState.UNKNOWN
    assert item.notes.get().text == "Looked up again."


def test_a_card_number_in_a_note_is_not_kept(item):
    desk.dismiss(item, "He paid with 4111 1111 1111 1111.", ACTOR)
    kept = [item.resolution, *item.notes.values_list("text", flat=True)]
    kept += Entry.objects.values_list("summary", flat=True)
    assert item.resolution.startswith("He paid with ")
    assert not any("4111" in text for text in kept)


def test_a_receipt_that_the_erp_does_not_apply_any_more_goes_on_account(hub):
    number = hub.invoice("1", "50.00")
    row = hub.payment("50.00", number, hub.customer)
    decide.drain()
    hub.erp.execute('UPDATE "tarInvoice" SET "Balance" = 0 WHERE "CustPONo" = %s', [number])
    hub.run()
    item = hub.item(row, Reason.REFUSED_BY_ERP)
    desk.leave_on_account(item, "A cheque had paid it.", FINANCE)
    hub.run()
    item.refresh_from_db()
    assert (item.state, item.closed_by) == (ExceptionState.RESOLVED, "worker")
    assert hub.receipts() == [("50.00", "50.00", row.vendor_id)]
    desk.link_invoice(hub.item(row, Reason.INVOICE_NOT_FOUND), hub.invoice("2", "50.00"), FINANCE)
    hub.run()
    assert hub.balance(f"{hub.number}2") == "0.00"

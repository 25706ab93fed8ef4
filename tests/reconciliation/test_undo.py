"""What was done to an exception is taken back: unsent to the state before, posted by a reversal."""

import pytest

from audit.models import Entry
from integrations.models import Posting
from mapping.models import CustomerLink, MethodRule
from reconciliation.choices import DecisionState, Placement, Reason
from reconciliation.models import BulkItem, BulkRun, ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import adding_up, desk
from reconciliation.services.bulk import drain, runs, singles
from reconciliation.services.desk.undo import undo
from tests.reconciliation.desk_world import APPROVER, FINANCE, MAPPER, UNIDENTIFIED
from tests.reconciliation.test_desk_rules import without


def stands(item):
    """Everything of an exception and its payment that an action may change."""
    names = ("state", "owner", "closed_by", "resolution", "details", "amount")
    row = Transaction.objects.get(pk=item.transaction_id)
    payment = (row.decision, row.decided_rule, row.placement, row.customer_id)
    return ExceptionItem.objects.values(*names).get(pk=item.pk), payment


def do(item, action, actor=FINANCE, **values):
    singles.do(item, action, values, actor)
    return item.bulk_items.latest("pk")


@pytest.fixture
def stranger(hub):
    """A payment of nobody whose money stands with the unidentified receipts."""
    row = hub.payment("50.00", customer_ref=f"ref-{hub.number}")
    hub.invoice("1", "50.00")
    hub.run()
    return hub.item(row, Reason.CUSTOMER_UNKNOWN)


def test_a_transfer_that_was_not_sent_is_cancelled_and_all_is_as_before(hub, stranger):
    before = stands(stranger)
    row = do(stranger, "link_customer", customer_id=hub.customer)
    assert stands(stranger) != before
    assert "cancelled before it was sent" in undo(row, FINANCE)
    assert stands(stranger) == before
    assert not CustomerLink.objects.exists()
    hub.run()
    assert hub.account(UNIDENTIFIED) == "-50.00"
    assert hub.receipts() == []


def test_a_transfer_that_was_posted_is_reversed_and_can_be_made_anew(hub, stranger):
    before = stands(stranger)
    row = do(stranger, "link_customer", customer_id=hub.customer)
    hub.run()
    assert hub.account(UNIDENTIFIED) == "0.00"
    assert "is reversed in the ERP" in undo(row, FINANCE)
    hub.run()
    assert stands(stranger) == before
    assert hub.account(UNIDENTIFIED) == "-50.00"
    do(stranger, "link_customer", customer_id=hub.customer)
    hub.run()
    assert hub.account(UNIDENTIFIED) == "0.00"
    assert Transaction.objects.get().placement == Placement.ON_ACCOUNT


def test_what_was_applied_since_stands_in_the_way_and_nothing_changes(hub, stranger):
    row = do(stranger, "link_invoice", document_no=f"{hub.number}1")
    hub.run()
    undo(row, FINANCE)
    hub.run()
    assert hub.balance(f"{hub.number}1") == "50.00"
    with pytest.raises(desk.DeskError, match="There is nothing to undo: it is undone"):
        undo(row, FINANCE)


def test_an_application_in_the_erp_cannot_be_reversed_and_says_so(hub):
    row = hub.payment("50.00", customer_ref=f"ref-{hub.number}")
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    number = hub.invoice("1", "50.00")
    hub.run()
    item = hub.item(row, Reason.INVOICE_NOT_FOUND)
    done = do(item, "link_invoice", document_no=number)
    hub.run()
    with pytest.raises(desk.DeskError, match="only receipts can be reversed from here"):
        undo(done, FINANCE)
    assert hub.balance(number) == "0.00"


@pytest.fixture
def amex(hub):
    """Two payments by a card that no rule knows."""
    without(MethodRule, method__in=("Amex", "American Express", ""))
    rows = [hub.payment("45.00", method="Amex") for _ in range(2)]
    hub.run()
    first, second = (hub.item(row) for row in rows)
    singles.do(first, "map_method", {"method": "Amex", "erp_method": "AMEX"}, MAPPER)
    singles.do(first, "approve_rule", {}, APPROVER)
    return first, second


def test_all_alike_follow_an_approved_rule_in_a_run_and_each_is_undone_by_itself(hub, amex):
    first, second = amex
    run = BulkRun.objects.get(action="follow_rule")
    assert (run.actor, run.total, run.origin) == (APPROVER, 1, "alike")
    assert drain.drain() == 1
    second.refresh_from_db()
    assert second.state == "resolved"
    undo(run.items.get(), APPROVER)
    second.refresh_from_db()
    assert (second.state, second.transaction.decision) == ("open", DecisionState.HELD)
    hub.run()
    first.transaction.refresh_from_db()
    assert first.transaction.decision == DecisionState.POSTED_AS


def test_a_receipt_is_reversed_while_its_batch_has_not_been_added_up(hub, amex, monkeypatch):
    _, second = amex
    monkeypatch.setattr(adding_up, "drain", lambda: 0)
    drain.drain()
    hub.run()
    row = BulkItem.objects.get(action="follow_rule")
    assert "is reversed in the ERP" in undo(row, APPROVER)
    hub.run()
    second.refresh_from_db()
    assert (second.state, second.transaction.decision) == ("open", DecisionState.HELD)
    singles.do(second, "retry", {}, FINANCE)
    monkeypatch.undo()
    hub.run()
    assert hub.account(UNIDENTIFIED) == "-90.00"


def test_a_receipt_whose_batch_was_added_up_with_it_is_not_reversed_and_says_why(hub, amex):
    drain.drain()
    hub.run()
    row = BulkItem.objects.get(action="follow_rule")
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    assert batch.state == "waiting"
    with pytest.raises(desk.DeskError, match="which has been added up with it"):
        undo(row, APPROVER)
    row.refresh_from_db()
    assert row.state == "done"


def test_a_run_is_undone_by_a_run_that_says_at_each_row_what_came_of_it(hub, stranger):
    other = hub.payment("20.00", customer_ref=stranger.transaction.customer_ref)
    hub.run()
    rows = runs.rows_of(
        ExceptionItem.objects.all(), 10**9, "link_customer", {"customer_id": hub.customer}
    )
    run = runs.begin(
        rows, action="link_customer", values={}, origin="alike", chosen_by="", actor=FINANCE
    )
    while drain.drain():
        pass
    assert Posting.objects.filter(kind="cash_receipt", state="ready").count() == 2
    back = runs.undo_all(run, FINANCE)
    while drain.drain():
        pass
    back.refresh_from_db()
    assert (back.done, back.refused, back.undoes) == (2, 0, run)
    assert set(run.items.values_list("state", flat=True)) == {"undone"}
    other.refresh_from_db()
    assert other.placement == Placement.UNIDENTIFIED
    assert Entry.objects.filter(action="exception.undone").count() == 2

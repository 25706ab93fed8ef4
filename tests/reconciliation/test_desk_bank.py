"""A deposit that no batch explains: a person names its batch, waits for it, or dismisses it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from integrations.clock import business_now
from reconciliation.actions import suggested
from reconciliation.choices import BankLineState, BatchState, Reason
from reconciliation.models import BankLine, ExceptionItem, Match, SettlementBatch
from reconciliation.services import desk
from reconciliation.services.bulk import runs, singles
from reconciliation.services.desk.undo import undo
from tests.builders import BankLineFactory
from tests.reconciliation.desk_world import APPROVER, FINANCE, UNIDENTIFIED
from tests.reconciliation.test_bulk import work_off

#: What a reference has left on an account of the ERP.
LEFT = """SELECT sum(g."PostAmt") FROM "tglTransaction" g JOIN "tglAccount" a
    ON a."GLAcctKey" = g."GLAcctKey" WHERE a."GLAcctNo" = %s AND g."RefNo" = %s"""


@pytest.fixture
def stray(hub):
    """A batch of 50.00 that waits, and 49.00 on the bank that says nothing of it."""
    hub.payment("50.00", customer_ref=f"ref-{hub.number}")
    hub.run()
    net = SettlementBatch.objects.get(pk=hub.batch.pk).net_amount
    BankLineFactory(
        connection=hub.pair.bank,
        booked_on=date(2010, 12, 7),
        reference="NO NAME",
        description="PAYTRACE DEPOSIT",
        amount=net - Decimal("1.00"),
    )
    hub.at(date(2010, 12, 13))
    hub.run()
    return ExceptionItem.objects.get(reason=Reason.DEPOSIT_UNMATCHED)


def link(item, ref, actor=FINANCE):
    return singles.do(item, "link_batch", {"batch_ref": ref}, actor)


def test_the_deposit_pays_the_batch_that_a_person_names_and_the_difference_is_named(hub, stray):
    link(stray, f"PT-{hub.batch.vendor_ref}")
    stray.refresh_from_db()
    assert (stray.state, stray.closed_by) == ("resolved", FINANCE)
    match = Match.objects.get()
    assert (match.made_by, match.rule) == (FINANCE, "named by a person")
    differs = ExceptionItem.objects.get(batch=hub.batch)
    assert (differs.reason, differs.amount) == (Reason.FEE_DIFFERS, Decimal("1.000"))
    hub.run()
    assert SettlementBatch.objects.get(pk=hub.batch.pk).state == BatchState.DISCREPANT
    assert hub.sql(LEFT, UNIDENTIFIED, f"BANK-{match.line_id}") == [(0,)]


@pytest.mark.parametrize(("apart", "is_offered"), [("1.00", True), ("25.00", False)])
def test_only_a_batch_that_comes_near_the_deposit_is_filled_in(hub, stray, apart, is_offered):
    stray.line.amount = SettlementBatch.objects.get().net_amount - Decimal(apart)
    filled = suggested(stray, "link_batch")
    assert filled == ({"batch_ref": f"PT-{hub.batch.vendor_ref}"} if is_offered else {})


def test_a_batch_that_nobody_knows_or_that_is_paid_is_refused_and_nothing_changes(hub, stray):
    with pytest.raises(desk.DeskError, match="No batch that waits for its money is called 999"):
        link(stray, "999")
    SettlementBatch.objects.filter(pk=hub.batch.pk).update(state=BatchState.TIED_OUT)
    with pytest.raises(desk.DeskError, match="No batch that waits"):
        link(stray, hub.batch.vendor_ref)
    stray.refresh_from_db()
    assert stray.state == "open"
    assert BankLine.objects.get(pk=stray.line_id).state == BankLineState.UNMATCHED


def test_a_large_difference_asks_a_second_person_whatever_the_deposit_is(hub, stray):
    SettlementBatch.objects.filter(pk=hub.batch.pk).update(
        sales_amount=350, fee_amount=0, net_amount=350
    )
    run = link(stray, hub.batch.vendor_ref)
    assert run is not None
    assert run.state == "asked"
    assert not Match.objects.exists()
    runs.approve(run, APPROVER)
    assert work_off(run).done == 1
    assert Match.objects.get().made_by == FINANCE


def test_what_is_waited_for_is_late_only_after_that_day_and_the_day_can_be_taken_back(hub, stray):
    before, day = stray.due_on, business_now().date() + timedelta(days=20)
    singles.do(stray, "wait", {"until": day, "note": "The processor is late."}, FINANCE)
    stray.refresh_from_db()
    assert (stray.state, stray.due_on) == ("open", day)
    undo(stray.bulk_items.get(), FINANCE)
    stray.refresh_from_db()
    assert stray.due_on == before


def test_a_day_that_is_past_or_far_away_is_not_waited_for(hub, stray):
    for days in (0, 91):
        day = (business_now().date() + timedelta(days=days)).isoformat()
        with pytest.raises(desk.DeskError, match="from tomorrow to 90 days ahead"):
            singles.do(stray, "wait", {"until": day, "note": ""}, FINANCE)

"""One action for all that a filter selects: previewed, worked off in portions, told row by row."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit.models import Entry
from audit.roles import Role
from integrations.choices import PostingState
from reconciliation.choices import ExceptionState, Placement, Reason, RunItemState, RunOrigin
from reconciliation.models import BulkItem, BulkRun, ExceptionItem, ExceptionNote
from reconciliation.services import desk
from reconciliation.services.bulk import drain, runs, singles
from reconciliation.services.bulk.picking import preview
from tests.builders import (
    BulkItemFactory,
    DeskLimitFactory,
    ExceptionItemFactory,
    PostingFactory,
    TransactionFactory,
)
from tests.world import operator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
NOTE = {"note": "Paid by cheque."}


@pytest.fixture
def ann():
    return f"user:{operator('ann')}"


def begin(actor, action="dismiss", values=NOTE, **chosen):
    selection = ExceptionItem.objects.filter(**chosen)
    newest = ExceptionItem.objects.order_by("-pk")[0].pk
    rows = runs.rows_of(selection, newest, action, values)
    return runs.begin(
        rows, action=action, values=values, origin=RunOrigin.FILTER, chosen_by="all", actor=actor
    )


def work_off(run):
    while drain.drain():
        pass
    run.refresh_from_db()
    return run


def ends(run):
    return list(run.items.order_by("pk").values_list("state", flat=True))


def held(**over):
    posting = PostingFactory(held=True, code="attempts_exhausted", **over)
    return ExceptionItemFactory(reason=Reason.ATTEMPTS_EXHAUSTED, posting=posting)


def test_a_run_goes_on_in_portions_until_all_are_done(ann, monkeypatch):
    monkeypatch.setattr(drain, "AT_ONCE", 2)
    ExceptionItemFactory.create_batch(5)
    run = begin(ann)
    assert drain.drain() == 2
    run.refresh_from_db()
    assert (run.state, run.done, run.ended_at) == ("running", 2, None)
    assert work_off(run).done == 5
    assert (run.state, run.amounts) == ("done", {"USD": "695.600"})
    assert set(ExceptionItem.objects.values_list("state", "closed_by")) == {("dismissed", ann)}


def test_what_cannot_be_done_ends_with_its_reason_on_the_row_and_stops_no_other(ann):
    kept = ExceptionItemFactory(reason=Reason.ACCOUNT_UNMAPPED)
    ExceptionItemFactory()
    run = work_off(begin(ann))
    assert (run.done, run.refused, run.state) == (1, 1, "done")
    row = run.items.get(item=kept)
    assert (row.state, row.said) == ("refused", "This action does not fit the exception any more.")
    assert ExceptionItem.objects.get(pk=kept.pk).state == ExceptionState.OPEN


def test_every_row_has_its_note_and_its_audit_entry_and_so_has_the_run(ann):
    item = ExceptionItemFactory()
    run = work_off(begin(ann))
    assert ExceptionNote.objects.get(item=item).text == "Paid by cheque."
    entry = Entry.objects.get(action="exception.dismiss")
    assert (entry.subject_id, entry.actor) == (str(item.pk), ann)
    found = Entry.objects.filter(subject_type="bulk-run", subject_id=str(run.pk))
    assert list(found.order_by("pk").values_list("action", flat=True)) == [
        "bulk.begun",
        "bulk.ended",
    ]


def test_an_exception_waits_in_one_run_only_and_the_database_says_so(ann):
    item = ExceptionItemFactory()
    first, second = begin(ann), begin(ann)
    assert ends(second) == [RunItemState.REFUSED]
    assert "It waits in another run" in second.items.get().said
    with pytest.raises(IntegrityError), transaction.atomic():
        BulkItemFactory(run=second, item=item)
    assert work_off(first).done == 1
    assert work_off(second).state == "done"


def test_what_came_after_the_preview_is_left_alone(ann):
    old = ExceptionItemFactory()
    rows = runs.rows_of(ExceptionItem.objects.all(), old.pk, "dismiss", NOTE)
    ExceptionItemFactory()
    assert [row.pk for row in rows] == [old.pk]


def test_stopping_leaves_what_was_done_and_frees_what_was_not(ann, monkeypatch):
    monkeypatch.setattr(drain, "AT_ONCE", 1)
    ExceptionItemFactory.create_batch(3)
    run = begin(ann)
    drain.drain()
    runs.stop(run, ann)
    assert drain.drain() == 0
    assert ends(run) == ["done", "stopped", "stopped"]
    assert work_off(begin(ann)).done == 2
    with pytest.raises(desk.DeskError, match="The run is stopped by now"):
        runs.stop(run, ann)


def test_a_portion_whose_worker_dies_is_done_again_and_nothing_twice(ann, monkeypatch):
    ExceptionItemFactory.create_batch(2)
    run = begin(ann)
    monkeypatch.setattr(drain, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        drain.drain()
    assert not ExceptionNote.objects.exists()
    monkeypatch.undo()
    assert work_off(run).done == 2
    assert ExceptionNote.objects.count() == 2


def killed(*args):
    raise KeyboardInterrupt


def test_a_row_that_breaks_ends_with_why_and_the_others_are_done(ann, monkeypatch):
    good, bad = ExceptionItemFactory(), ExceptionItemFactory(message="bad")
    real = drain.DOING["dismiss"]

    def breaks(item, values, actor):
        if item.pk == bad.pk:
            raise ZeroDivisionError
        real(item, values, actor)

    monkeypatch.setitem(drain.DOING, "dismiss", breaks)
    monkeypatch.delitem(drain.MANY, "dismiss")
    run = work_off(begin(ann))
    assert ends(run) == ["done", "refused"]
    assert "It could not be worked on" in run.items.get(item=bad).said
    assert ExceptionItem.objects.get(pk=good.pk).state == ExceptionState.DISMISSED


def test_who_loses_the_duty_meanwhile_does_no_more(ann):
    ExceptionItemFactory()
    run = begin(ann)
    BulkRun.objects.filter(pk=run.pk).update(actor=f"user:{person('vera', Role.VIEWER)}")
    assert work_off(run).state == "stopped"
    assert "not trusted with it any more" in run.problem
    assert ExceptionItem.objects.get().state == ExceptionState.OPEN


def test_the_sum_is_held_to_the_limit_as_each_is(ann):
    DeskLimitFactory(action="dismiss", alone_up_to=Decimal(200))
    ExceptionItemFactory.create_batch(2, amount=Decimal(150))
    run = begin(ann)
    assert run.state == "asked"
    assert drain.drain() == 0
    with pytest.raises(desk.DeskError, match="Nobody approves what they have prepared"):
        person("ann", Role.APPROVER)
        runs.approve(run, ann)
    runs.approve(run, f"user:{person('boss', Role.APPROVER)}")
    assert work_off(run).done == 2


def test_one_exception_above_the_limit_cannot_be_dismissed_alone(ann):
    DeskLimitFactory(action="dismiss", alone_up_to=Decimal(100))
    item = ExceptionItemFactory()
    with pytest.raises(desk.DeskError, match=r"Above 100.00 USD a second person"):
        desk.dismiss(item, "Paid by cheque.", ann)
    assert work_off(begin(ann)).state == "asked"


def test_nobody_goes_above_what_nobody_may_whoever_approves(ann):
    DeskLimitFactory(action="dismiss", alone_up_to=Decimal(10), never_above=Decimal(100))
    ExceptionItemFactory()
    run = begin(ann)
    runs.approve(run, f"user:{person('boss', Role.APPROVER)}")
    assert work_off(run).refused == 1
    assert "which nobody may" in run.items.get().said


def test_what_the_second_person_declines_frees_its_rows(ann):
    DeskLimitFactory(action="dismiss", alone_up_to=Decimal(100))
    ExceptionItemFactory()
    run = begin(ann)
    runs.decline(run, f"user:{person('boss', Role.APPROVER)}")
    assert (work_off(run).state, ends(run)) == ("declined", ["stopped"])


def test_a_preview_says_how_many_each_action_fits_by_reason_and_money():
    ExceptionItemFactory.create_batch(2, reason=Reason.OVERPAID, currency="EUR")
    ExceptionItemFactory(
        transaction=TransactionFactory(placement=Placement.ON_ACCOUNT), state=ExceptionState.CLAIMED
    )
    held()
    found = preview(ExceptionItem.objects.all())
    assert (found.all.number, found.by_action["claim"].number) == (4, 3)
    assert found.by_action["leave_on_account"].reasons == {"invoice_not_found": 1}
    assert found.by_action["retry"].reasons == {"attempts_exhausted": 1}
    assert found.all.amounts == {"EUR": Decimal("278.240"), "USD": Decimal("278.240")}


@pytest.mark.parametrize("reason", Reason.values)
@pytest.mark.parametrize("details", [{}, {"proposed_by": "user:mia"}, {"changed": "yes"}])
def test_the_preview_of_one_exception_is_what_its_panel_offers(reason, details):
    posting = PostingFactory(held=True, draft={"applications": [{"item_key": "1"}]})
    item = ExceptionItemFactory(
        reason=reason, details=details, posting=posting,
        transaction=TransactionFactory(settled=True, placement=Placement.UNIDENTIFIED),
    )  # fmt: skip
    found = preview(ExceptionItem.objects.filter(pk=item.pk))
    assert set(found.by_action) == set(desk.actions_for(item))


def test_held_postings_are_let_go_together(ann):
    items = [held() for _ in range(3)]
    posted = held()
    posted.posting.state = PostingState.POSTED
    posted.posting.save()
    run = work_off(begin(ann, "retry", {}))
    assert (run.done, run.refused) == (3, 1)
    assert run.items.get(item=posted).said == "The posting is posted already."
    assert {item.posting.__class__.objects.get(pk=item.posting_id).state for item in items} == {
        "ready"
    }


def test_an_empty_selection_begins_nothing(ann):
    with pytest.raises(desk.DeskError, match="Nothing that is open is selected"):
        runs.begin(
            [], action="dismiss", values=NOTE, origin=RunOrigin.FILTER, chosen_by="", actor=ann
        )
    assert not BulkItem.objects.exists()


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_card_number_in_a_reason_is_kept_nowhere(ann, is_alone):
    item, said = ExceptionItemFactory(), {"note": "See 4111 1111 1111 1111."}
    if is_alone:
        singles.do(item, "dismiss", said, ann)
    else:
        work_off(begin(ann, values=said))
    row = BulkItem.objects.select_related("run").get()
    kept = {"note": "See [card number removed]."}
    assert (row.values, row.run.values) == (kept, kept)
    assert item.notes.get().text == kept["note"]

"""A bulk run leaves what the single actions leave, one after the other: rows, notes, audit."""

import pytest
from django.db import transaction

from audit.models import Entry
from integrations.models import Posting
from reconciliation.choices import Placement, Reason, RunOrigin
from reconciliation.models import ExceptionItem, ExceptionNote, Transaction
from reconciliation.services.bulk import drain, runs
from reconciliation.services.desk import DeskError
from reconciliation.services.desk.doing import DOING
from tests.builders import ExceptionItemFactory, PostingFactory, TransactionFactory
from tests.world import operator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


def left_behind():
    """Everything that an action can change, without times."""
    items = ExceptionItem.objects.order_by("pk")
    entries = Entry.objects.exclude(subject_type="bulk-run").exclude(action="access.denied")
    return {
        "items": list(
            items.values_list("pk", "state", "owner", "closed_by", "resolution", "amount")
        ),
        "notes": sorted(ExceptionNote.objects.values_list("item", "actor", "action", "text")),
        "payments": sorted(Transaction.objects.values_list("pk", "decision", "placement")),
        "postings": sorted(Posting.objects.values_list("pk", "state", "code", "attempts_before")),
        "audit": sorted(entries.values_list("action", "subject_id", "actor", "summary")),
    }


class UndoneError(Exception):
    pass


def of_trial(work):
    """What work leaves behind, before all of it is rolled back."""
    try:
        with transaction.atomic():
            work()
            found = left_behind()
            raise UndoneError
    except UndoneError:
        return found


@pytest.fixture
def mixed():
    """Exceptions of many reasons; two of one payment, one closed, postings held and not."""
    row = TransactionFactory(settled=True, placement=Placement.ON_ACCOUNT)
    ExceptionItemFactory(transaction=row)
    ExceptionItemFactory(transaction=row, reason=Reason.OVERPAID, subject="second")
    ExceptionItemFactory(state="dismissed")
    ExceptionItemFactory(reason=Reason.SET_ASIDE)
    ExceptionItemFactory(reason=Reason.ACCOUNT_UNMAPPED)
    ExceptionItemFactory(reason=Reason.HINT_UNCONFIRMED, message="4111 1111 1111 1111")
    for code in ("attempts_exhausted", "period_closed"):
        posting = PostingFactory(held=True, code=code)
        ExceptionItemFactory(reason=code, posting=posting)
    ExceptionItemFactory(reason=Reason.REFUSED_BY_ERP, posting=PostingFactory(posted=True))
    return list(ExceptionItem.objects.order_by("pk"))


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("claim", {}),
        ("dismiss", {"note": "Card 4111 1111 1111 1111, paid by cheque."}),
        ("leave_on_account", {"note": ""}),
        ("retry", {}),
    ],
)
def test_a_bulk_run_is_the_sum_of_single_runs(mixed, action, values):
    actor = f"user:{operator('ann')}"

    def one_by_one():
        for item in mixed:
            try:
                DOING[action](item, values, actor)
            except DeskError:
                continue

    def at_once():
        rows = [runs.Row(item.pk, item.amount, item.currency, action, values) for item in mixed]
        runs.begin(
            rows, action=action, values=values, origin=RunOrigin.FILTER, chosen_by="", actor=actor
        )
        while drain.drain():
            pass

    single = of_trial(one_by_one)
    assert single["notes"]
    assert of_trial(at_once) == single

"""What is held stands on the desk with the reason for which it is held now."""

import pytest

from audit.models import Entry
from integrations.choices import PostingState
from integrations.models import Alert, Posting
from integrations.services import lanes
from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem
from reconciliation.services import desk_alerts, held
from tests.builders import EffectFactory, FactFactory, PostingFactory, TransactionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def posting():
    """A posting that the ERP refused, with its exception open."""
    row = EffectFactory(posting=PostingFactory(held=True)).posting
    hold(row, "account_unknown", "There is no account 1.")
    assert held.drain() == 1
    return row


def hold(row, code, message):
    Posting.objects.filter(pk=row.pk).update(code=code, message=message)


def test_what_is_held_again_for_another_reason_says_so(posting):
    hold(posting, "unknown_outcome", "No answer, and it is not there.")
    assert (held.drain(), held.drain()) == (1, 0)
    item = ExceptionItem.objects.get()
    assert (item.reason, item.message) == (
        Reason.UNKNOWN_OUTCOME,
        "No answer, and it is not there.",
    )
    assert (item.owner, item.details["code"]) == ("operations", "unknown_outcome")


def test_the_reason_before_stays_in_its_notes_and_is_audited(posting):
    hold(posting, "period_closed", "Period 1 is closed.")
    held.drain()
    note = ExceptionItem.objects.get().notes.get()
    assert note.text == "It was held before: Refused by the ERP. There is no account 1."
    entry = Entry.objects.get(action="exception.told_anew")
    assert (entry.summary, entry.details["reason"]) == ("Period 1 is closed.", "period_closed")


def test_the_same_code_with_other_words_is_told_too(posting):
    hold(posting, "account_unknown", "There is no account 2.")
    assert (held.drain(), held.drain()) == (1, 0)
    assert ExceptionItem.objects.get().message == "There is no account 2."
    hold(posting, "account_unknown", "")
    assert held.drain() == 0


def test_a_claim_on_it_stays(posting):
    ExceptionItem.objects.update(state="claimed")
    hold(posting, "period_closed", "Period 1 is closed.")
    held.drain()
    assert ExceptionItem.objects.get().state == "claimed"


def test_an_exception_that_closes_by_itself_ends_its_alert(posting):
    desk_alerts.look()
    about_it = Alert.objects.get(subject=f"exceptions:{posting.target_id}")
    assert about_it.state == "open"
    Posting.objects.filter(pk=posting.pk).update(state=PostingState.POSTED)
    assert held.drain() == 1
    desk_alerts.look()
    assert set(Alert.objects.values_list("state", flat=True)) == {"cleared"}


def waits():
    return "reconciliation.services.held.drain" in lanes.waiting("deliver")


def test_what_has_been_told_is_not_looked_at_again_and_again(posting):
    assert not waits()
    hold(posting, "period_closed", "Period 1 is closed.")
    assert waits()
    held.drain()
    assert not waits()
    ExceptionItem.objects.update(state="claimed")
    assert not waits()


@pytest.mark.parametrize("state", ["entered", "posted", "duplicate", "cancelled"])
def test_what_went_on_or_was_set_aside_is_closed(posting, state):
    Posting.objects.filter(pk=posting.pk).update(state=state)
    assert (waits(), held.drain(), waits()) == (True, 1, False)
    assert ExceptionItem.objects.get().state == "resolved"


def test_a_dismissed_exception_of_what_is_held_still_is_opened_anew(posting):
    ExceptionItem.objects.update(state="dismissed")
    assert (waits(), held.drain(), waits()) == (True, 1, False)


def test_a_refused_announcement_is_told_once():
    fact = FactFactory(kind="hint", end="blocked")
    assert (waits(), held.drain(), waits()) == (True, 1, False)
    TransactionFactory(connection=fact.connection, vendor_id=fact.vendor_id)
    assert (waits(), held.drain(), waits()) == (True, 1, False)
    assert ExceptionItem.objects.get().state == "resolved"

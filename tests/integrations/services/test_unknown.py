"""Sent, and no answer: what is looked up and linked, what goes again, what a person sees."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.canonical import (
    ApplicationDraft,
    CashReceiptDraft,
    OutcomeStatus,
    ShownDocument,
    content_hash,
)
from integrations.errors import TransientError
from integrations.models import Alert, Attempt, Posting
from integrations.services import posting, posting_look_up, posting_record, posting_release
from integrations.services.posting_owe import ContentConflictError
from tests.builders import ConnectionFactory
from tests.integrations.services.fakes import Target, put
from tests.integrations.services.owing import owe
from tests.mapping.rules import usd
from tests.world import person

pytestmark = pytest.mark.django_db
RECEIPT = CashReceiptDraft(
    "SOA", date(2010, 12, 1), usd("10.00"), "VISA", "512", "CARD-7", "", "17850",
    applications=(ApplicationDraft("41", "536365", usd("10.00")),),
)  # fmt: skip
SHOWN = ShownDocument(
    amount=usd("10.00"), customer_id="17850", dated_on=date(2010, 12, 1),
    applications=(("41", usd("10.00")),),
)  # fmt: skip
SETTLES = 10


@pytest.fixture
def erp():
    return ConnectionFactory(erp=True)


@pytest.fixture
def target(erp):
    return put(erp, Target(answers=[OutcomeStatus.UNKNOWN]))


@pytest.fixture
def forgetful(erp, target):
    """A target that takes the same key twice."""
    target.enforces_keys = False
    return target


def send(erp):
    owe(erp, draft=RECEIPT)
    posting.drain()
    return row()


def row():
    return Posting.objects.get()


def drain(times=1):
    for _ in range(times):
        Posting.objects.update(due_at=datetime.now(UTC) - timedelta(seconds=1))
        posting.drain()


def commit_late(target, shown=SHOWN, **over):
    """What the target was sent stands there after all."""
    one = row()
    document = target.hold(one.key, one.content_hash, one.kind)
    target.held[one.key] = replace(target.held[one.key], shown=shown, **over)
    return document


def settle():
    passed = datetime.now(UTC) - timedelta(minutes=SETTLES + 1)
    Posting.objects.update(unknown_since=passed)


def outcomes():
    return list(Attempt.objects.order_by("id").values_list("outcome", flat=True))


def test_what_was_sent_without_an_answer_says_when_it_is_looked_up(erp, target):
    one = send(erp)
    assert (one.state, one.looks) == ("unknown", 0)
    assert one.unknown_since is not None
    assert one.due_at > one.unknown_since


def test_found_and_equal_is_linked(erp, target):
    send(erp)
    commit_late(target)
    drain()
    assert (row().state, row().document_no, row().differences) == ("entered", "N-0", [])
    assert outcomes() == ["unknown", "found"]


DIFFERENT = {
    "Amount": (replace(SHOWN, amount=usd("11.00")), "10.00 USD", "11.00 USD"),
    "Customer": (replace(SHOWN, customer_id="12583"), "17850", "12583"),
    "Date": (replace(SHOWN, dated_on=date(2010, 12, 2)), "2010-12-01", "2010-12-02"),
    "Applications": (
        replace(SHOWN, applications=(("42", usd("10.00")),)),
        "10.00 USD to invoice key 41",
        "10.00 USD to invoice key 42",
    ),
    "State": (replace(SHOWN, is_void=True), "valid", "void"),
}


@pytest.mark.parametrize("field", DIFFERENT)
def test_the_same_hash_with_another_document_is_held_field_by_field(erp, target, field):
    shown, owed, found = DIFFERENT[field]
    send(erp)
    commit_late(target, shown)
    drain()
    assert (row().state, row().code) == ("held", "content_conflict")
    assert row().differences == [{"field": field, "owed": owed, "found": found}]
    assert field.lower() in row().message
    entry = Entry.objects.get(action="posting.held")
    assert entry.details["differences"] == row().differences


def test_what_the_target_calls_a_duplicate_is_compared_before_it_is_linked(erp, target):
    owe(erp, draft=RECEIPT)
    commit_late(target, replace(SHOWN, amount=usd("1.00")))
    target.post = lambda requests: [
        posting.Outcome(r.key, OutcomeStatus.DUPLICATE, target.held[r.key].document)
        for r in requests
    ]
    posting.drain()
    assert (row().state, row().differences[0]["field"]) == ("held", "Amount")


def test_a_duplicate_that_cannot_be_seen_now_is_looked_up(erp, target):
    owe(erp, draft=RECEIPT)
    target.answers, target.find_error = [OutcomeStatus.DUPLICATE], TransientError("away")
    posting.drain()
    assert row().state == "unknown"
    target.find_error = None
    drain()
    assert row().state == "entered"


class CommitsLate(Target):
    """What it was sent comes to stand right after the first look; a second one it refuses."""

    def find_postings(self, company, keys):
        found = super().find_postings(company, keys)
        for key in keys:
            if key not in self.held:
                commit_late(self)
        return found

    def post(self, requests):
        known = [key for key in (r.key for r in requests) if key in self.held]
        if not known:
            return super().post(requests)
        self.asked += known
        return [
            posting.Outcome(key, OutcomeStatus.DUPLICATE, self.held[key].document) for key in known
        ]


def test_a_late_commit_after_the_look_up_ends_in_one_document_where_keys_are_enforced(erp):
    target = put(erp, CommitsLate(answers=[OutcomeStatus.UNKNOWN]))
    send(erp)
    drain(2)
    assert outcomes() == ["unknown", "absent", "duplicate"]
    assert (row().state, row().document_no, target.asked) == ("entered", "N-0", ["k1", "k1"])
    assert len(target.held) == 1


def test_without_enforced_keys_a_person_is_asked_unless_the_connection_says_otherwise(
    erp, forgetful
):
    send(erp)
    drain()
    assert (row().state, row().code, forgetful.asked) == ("held", "unknown_outcome", ["k1"])


def test_without_enforced_keys_nothing_is_sent_before_the_settling_time(erp, forgetful):
    erp.resend_absent_after_minutes = SETTLES
    erp.save()
    put(erp, forgetful)
    send(erp)
    drain(3)
    assert (row().state, row().looks, forgetful.asked) == ("unknown", 3, ["k1"])
    assert row().due_at < row().unknown_since + timedelta(minutes=SETTLES, seconds=5)
    assert "may still come for 10 minutes" in row().message


def test_a_late_commit_within_the_settling_time_is_found_and_linked(erp, forgetful):
    erp.resend_absent_after_minutes = SETTLES
    erp.save()
    put(erp, forgetful)
    send(erp)
    drain(2)
    commit_late(forgetful)
    drain()
    assert (row().state, forgetful.asked) == ("entered", ["k1"])


def test_what_is_absent_after_the_settling_time_goes_again_by_the_rule(erp, forgetful):
    erp.resend_absent_after_minutes = SETTLES
    erp.save()
    put(erp, forgetful)
    send(erp)
    settle()
    drain(2)
    assert (row().state, forgetful.asked) == ("entered", ["k1", "k1"])
    assert outcomes() == ["unknown", "absent", "done"]


def test_the_settling_time_begins_anew_with_each_sending(erp, forgetful):
    erp.resend_absent_after_minutes = SETTLES
    erp.save()
    put(erp, forgetful)
    send(erp)
    settle()
    forgetful.answers = [OutcomeStatus.UNKNOWN]
    drain(3)
    assert (row().state, row().attempt_count) == ("unknown", 2)
    assert row().unknown_since > datetime.now(UTC) - timedelta(minutes=1)


def test_a_person_who_says_it_is_not_there_has_it_looked_up_once_more(erp, forgetful):
    send(erp)
    drain()
    assert posting_release.send_absent_again(row(), "user:ann")
    assert Entry.objects.get(action="posting.released").actor == "user:ann"
    drain()
    assert (row().state, forgetful.asked) == ("entered", ["k1", "k1"])


def test_what_came_late_is_linked_although_a_person_would_send_it_again(erp, forgetful):
    send(erp)
    drain()
    commit_late(forgetful)
    assert not posting_release.send_absent_again(row(), "user:ann")
    drain()
    assert (row().state, forgetful.asked) == ("entered", ["k1"])


def test_it_is_not_sent_again_while_the_target_cannot_be_asked(erp, forgetful):
    send(erp)
    drain()
    forgetful.find_error = TransientError("away")
    with pytest.raises(TransientError):
        posting_release.send_absent_again(row(), "user:ann")
    assert row().state == "held"


def test_what_moved_on_in_the_meantime_is_not_sent_again(erp, forgetful):
    send(erp)
    drain()
    seen = row()
    Posting.objects.update(state="posted")
    with pytest.raises(ContentConflictError, match="posted by now"):
        posting_release.send_absent_again(seen, "user:ann")


def test_looking_now_makes_it_due_and_is_audited(erp, target):
    send(erp)
    Posting.objects.update(due_at=datetime.now(UTC) + timedelta(hours=1))
    person("ann", Role.OPERATOR)
    assert posting_release.look_now(row(), "user:ann")
    assert row().due_at <= datetime.now(UTC)
    assert Entry.objects.get(action="posting.look_now").actor == "user:ann"


def test_releasing_never_sends_what_may_have_been_posted(erp, forgetful):
    send(erp)
    drain()
    assert posting_release.release([row()], "user:ann") == 1
    assert row().state == "unknown"
    drain()
    assert (row().state, forgetful.asked) == ("held", ["k1"])


def test_a_stalled_worker_that_lost_its_claim_changes_nothing_and_its_write_is_found(erp, target):
    """It wrote, slept, and woke up after another worker had taken its claim for dead."""
    owe(erp, draft=RECEIPT)
    [stalled] = posting._claim(erp)
    posting_look_up.give_up_stale(erp)
    commit_late(target)
    late = posting.change_for(stalled, posting.Outcome("k1", OutcomeStatus.REFUSED))
    assert posting_record.record([late]) == 0
    assert row().state == "unknown"
    drain()
    assert (row().state, target.asked) == ("entered", [])
    assert outcomes() == ["unknown", "found"]


def test_only_what_can_have_written_nothing_is_cancelled(erp, target):
    target.answers = [OutcomeStatus.REFUSED]
    send(erp)
    posting_release.cancel(row(), "user:ann", "The customer is closed.")
    assert (row().state, row().message) == ("cancelled", "The customer is closed.")
    assert Entry.objects.get(action="posting.cancelled").actor == "user:ann"


@pytest.mark.parametrize("answer", [OutcomeStatus.UNKNOWN, OutcomeStatus.DONE])
def test_what_may_have_reached_the_target_is_not_cancelled(erp, target, answer):
    target.answers = [answer]
    send(erp)
    Posting.objects.update(state="held")
    with pytest.raises(ContentConflictError):
        posting_release.cancel(row(), "user:ann", "No.")
    assert row().content_hash == content_hash(RECEIPT)


def test_the_tries_begin_anew_when_a_person_lets_it_go(erp, target):
    target.answers = [OutcomeStatus.NOT_SENT] * 3
    owe(erp, draft=RECEIPT)
    Posting.objects.update(attempt_count=199)
    posting.drain()
    assert (row().state, row().code) == ("held", "attempts_exhausted")
    assert row().message.startswith("Given up after 200 tries.")
    assert Alert.objects.get().state == "open"
    posting_release.release([row()], "user:ann")
    assert (Alert.objects.get().kind, Alert.objects.get().state) == ("dead_letter", "cleared")
    drain()
    assert row().state == "waiting"

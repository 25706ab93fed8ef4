from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from audit.models import Entry
from integrations.canonical import (
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    Outcome,
    OutcomeStatus,
    content_hash,
)
from integrations.choices import POSTING_MOVES, PostingState
from integrations.errors import AuthError, ConfigError, ThrottledError, TransientError
from integrations.models import Attempt, Connection, Posting
from integrations.services import posting, posting_owe, posting_record, posting_release
from integrations.services.posting_outcomes import MAX_TRIES
from integrations.services.posting_outcomes import MAX_TRIES_NOT_SENT as MAX_NOT_SENT
from tests.builders import ConnectionFactory
from tests.integrations.services.fakes import Target, put
from tests.integrations.services.owing import DAY, DRAFT, owe
from tests.mapping.rules import usd

pytestmark = pytest.mark.django_db
BATCH = BatchDraft("SOA", BatchPurpose.JOURNALS, DAY, "batch")


@pytest.fixture
def erp():
    return ConnectionFactory(erp=True)


@pytest.fixture
def target(erp):
    return put(erp, Target())


def now_due():
    Posting.objects.update(due_at=datetime.now(UTC) - timedelta(seconds=1))


def states():
    return dict(Posting.objects.values_list("key", "state"))


def outcomes():
    return list(Attempt.objects.order_by("id").values_list("outcome", flat=True))


def test_a_key_is_owed_once(erp):
    first, again = owe(erp), owe(erp)
    assert first == again
    assert (first.state, first.content_hash) == ("ready", content_hash(DRAFT))
    assert Posting.objects.count() == 1


def test_content_is_replaced_before_any_attempt(erp):
    owe(erp)
    changed = owe(erp, draft=replace(DRAFT, comment="two"))
    assert changed.draft["comment"] == "two"
    assert Posting.objects.get().content_hash == content_hash(replace(DRAFT, comment="two"))


@pytest.mark.parametrize("state", ["held", "waiting", "unknown", "entered", "posted"])
def test_content_is_never_replaced_after_an_attempt(erp, state):
    owe(erp)
    Posting.objects.update(attempt_count=1, state=state)
    with pytest.raises(posting_owe.ContentConflictError, match="a reversal and a new effect"):
        owe(erp, draft=replace(DRAFT, comment="two"))
    assert Posting.objects.get().draft["comment"] == "one"


TABLE = [
    (OutcomeStatus.DONE, False, "entered", "done"),
    (OutcomeStatus.DONE, True, "posted", "done"),
    (OutcomeStatus.DUPLICATE, False, "entered", "duplicate"),
    (OutcomeStatus.DUPLICATE, True, "duplicate", "duplicate"),
    (OutcomeStatus.CONFLICT, False, "held", "conflict"),
    (OutcomeStatus.REFUSED, False, "held", "refused"),
    (OutcomeStatus.NOT_SENT, False, "waiting", "not_sent"),
    (OutcomeStatus.UNKNOWN, False, "unknown", "unknown"),
    (TransientError("away"), False, "waiting", "not_sent"),
    (AuthError("refused"), False, "waiting", "not_sent"),
    (ThrottledError("slow"), False, "waiting", "not_sent"),
    (ConfigError("gap", setting="url"), False, "held", "refused"),
    (ZeroDivisionError(), False, "unknown", "unknown"),
]


@pytest.mark.parametrize(("answer", "is_posted", "state", "outcome"), TABLE)
def test_every_answer_has_its_row(erp, target, answer, is_posted, state, outcome):
    target.answers, target.is_posted = [answer], is_posted
    owe(erp)
    posting.drain()
    row = Posting.objects.get()
    assert (row.state, outcomes()) == (state, [outcome])
    assert row.state in POSTING_MOVES[PostingState.SENDING]
    assert (row.claim, row.attempt_count) == (None, 1)
    assert Entry.objects.filter(action=f"posting.{state}").count() == 1


def test_one_refusal_stops_no_other_document(erp, target):
    target.answers = [OutcomeStatus.REFUSED, OutcomeStatus.DONE]
    for key in ("k1", "k2"):
        owe(erp, key)
    posting.drain()
    assert states() == {"k1": "held", "k2": "entered"}
    assert Posting.objects.get(key="k1").code == "code-refused"


def test_a_document_keeps_its_place_in_the_erp(erp, target):
    owe(erp)
    posting.drain()
    row = Posting.objects.get()
    assert (row.document_no, row.document_key, row.batch_ref) == ("N-0", "0", "B-1")
    assert row.entered_at is not None


def test_an_answer_that_is_missing_is_unknown(erp, target, monkeypatch):
    monkeypatch.setattr(target, "post", lambda requests: [])
    owe(erp)
    posting.drain()
    assert states() == {"k1": "unknown"}


def test_a_throttle_pauses_the_target(erp, target):
    target.answers = [ThrottledError("slow", retry_after=timedelta(minutes=9))]
    owe(erp)
    posting.drain()
    now_due()
    assert posting.drain() == 0
    assert Connection.objects.get(pk=erp.pk).paused_until > datetime.now(UTC) + timedelta(minutes=8)


@pytest.mark.parametrize(("tries", "state"), [(MAX_TRIES, "waiting"), (MAX_NOT_SENT, "held")])
def test_retries_outlast_a_night_and_come_to_an_end_with_a_person(erp, target, tries, state):
    target.answers = [OutcomeStatus.NOT_SENT]
    owe(erp)
    Posting.objects.update(attempt_count=tries - 1)
    posting.drain()
    assert states() == {"k1": state}


def test_sending_into_the_dark_comes_to_an_end_too(erp, target):
    target.answers = [OutcomeStatus.UNKNOWN] * (2 * MAX_TRIES)
    owe(erp)
    for _ in range(3 * MAX_TRIES):
        now_due()
        posting.drain()
    assert states() == {"k1": "held"}
    assert (len(target.asked), Posting.objects.get().code) == (MAX_TRIES, "unknown_outcome")


def drain_on():
    for _ in range(4):
        posting.drain()


def left_behind(erp, **more):
    row = owe(erp)
    Posting.objects.update(
        state="sending", claim=uuid4(), claimed_at=datetime.now(UTC), attempt_count=1
    )
    return row


def test_a_claim_that_was_left_behind_is_looked_up_and_linked(erp, target):
    row = left_behind(erp)
    target.hold("k1", row.content_hash, row.kind)
    drain_on()
    assert (states(), target.asked) == ({"k1": "entered"}, [])
    assert outcomes() == ["unknown", "found"]


def test_what_is_found_in_the_ledger_is_posted(erp, target):
    row = left_behind(erp)
    target.is_posted = True
    target.hold("k1", row.content_hash, row.kind)
    drain_on()
    assert states() == {"k1": "posted"}


def test_what_is_found_with_other_content_is_held(erp, target):
    row = left_behind(erp)
    target.hold("k1", "0" * 64, row.kind)
    drain_on()
    row.refresh_from_db()
    assert (row.state, row.code, target.asked) == ("held", "content_conflict", [])
    assert "N-0 stands in the ERP with other content" in row.message


def test_what_is_absent_is_sent_again_where_the_target_enforces_keys(erp, target):
    left_behind(erp)
    drain_on()
    assert (states(), target.asked) == ({"k1": "entered"}, ["k1"])
    assert outcomes() == ["unknown", "absent", "done"]


def test_what_is_absent_elsewhere_is_a_persons_decision(erp, target):
    target.enforces_keys = False
    left_behind(erp)
    drain_on()
    assert (states(), target.asked) == ({"k1": "held"}, [])
    assert Posting.objects.get().code == "unknown_outcome"


def test_a_look_up_that_fails_is_repeated_later(erp, target):
    target.find_error = TransientError("away")
    left_behind(erp)
    drain_on()
    row = Posting.objects.get()
    assert (row.state, row.message, target.asked) == ("unknown", "away", [])
    assert row.due_at > datetime.now(UTC)


def test_a_worker_that_lost_its_claim_changes_nothing(erp, target):
    owe(erp)
    [mine] = posting._claim(erp)
    Posting.objects.update(state="entered", claim=None, document_no="N-7")
    changed = posting_record.record(
        [posting.change_for(mine, posting.Outcome("k1", OutcomeStatus.REFUSED))]
    )
    assert changed == 0
    assert (states(), outcomes()) == ({"k1": "entered"}, [])
    assert Posting.objects.get().document_no == "N-7"


def test_two_workers_never_claim_the_same(erp):
    for key in ("k1", "k2"):
        owe(erp, key)
    assert [row.key for row in posting._claim(erp)] == ["k1", "k2"]
    assert posting._claim(erp) == []


@pytest.mark.parametrize("answer", [OutcomeStatus.REFUSED, OutcomeStatus.NOT_SENT])
def test_nothing_overtakes_what_it_comes_after(erp, target, answer):
    owe(erp, "refund", after="sale")
    owe(erp, "sale")
    target.answers = [answer]
    posting.drain()
    assert (target.asked, states()["refund"]) == (["sale"], "ready")
    Posting.objects.filter(key="sale").update(state="ready")
    now_due()
    for _ in range(2):
        posting.drain()
    assert target.asked == ["sale", "sale", "refund"]


@pytest.mark.parametrize("state", ["cancelled", None])
def test_what_comes_after_something_that_never_will_goes(erp, target, state):
    owe(erp, "refund", after="sale")
    if state:
        owe(erp, "sale")
        Posting.objects.filter(key="sale").update(state=state)
    posting.drain()
    assert target.asked == ["refund"]


def test_what_is_not_due_waits(erp, target):
    owe(erp)
    Posting.objects.update(due_at=datetime.now(UTC) + timedelta(hours=1))
    assert (posting.drain(), target.asked) == (0, [])


def grouped(erp):
    group = owe(erp, "batch", BATCH)
    for key in ("k1", "k2"):
        owe(erp, key, group=group)
    owe(erp, "post", BatchPostDraft("SOA", BatchPurpose.JOURNALS, 2, usd("20.00")), group)
    return group


def drain_all():
    while posting.drain():
        now_due()


def test_a_batch_is_opened_filled_and_posted_in_this_order(erp, target):
    grouped(erp)
    drain_all()
    assert target.asked == ["batch", "k1", "k2", "post"]
    assert set(states().values()) == {"posted"}
    assert Posting.objects.filter(posted_at=None).count() == 0


def test_a_batch_is_not_posted_before_all_its_members_stand(erp, target):
    grouped(erp)
    target.answers = [OutcomeStatus.DONE, OutcomeStatus.DONE, OutcomeStatus.REFUSED]
    drain_all()
    assert states() == {"batch": "entered", "k1": "entered", "k2": "held", "post": "ready"}
    posting_release.release(Posting.objects.filter(key="k2"), "user:ann")
    drain_all()
    assert set(states().values()) == {"posted"}


def test_members_wait_for_a_batch_that_is_refused(erp, target):
    grouped(erp)
    target.answers = [OutcomeStatus.REFUSED]
    drain_all()
    assert target.asked == ["batch"]
    assert states() == {"batch": "held", "k1": "ready", "k2": "ready", "post": "ready"}


def test_only_what_is_held_is_released_and_audited(erp):
    for key in ("k1", "k2"):
        owe(erp, key)
    Posting.objects.filter(key="k1").update(state="held", code="period_closed")
    assert posting_release.release(Posting.objects.all(), "user:ann") == 1
    assert Posting.objects.get(key="k1").code == ""
    assert Entry.objects.filter(action="posting.released").count() == 1


def test_what_a_bookkeeper_posted_is_read_back_and_audited(erp, target):
    group = owe(erp, "batch", BATCH)
    owe(erp, "k1", group=group)
    drain_all()
    assert set(states().values()) == {"entered"}
    target.is_posted = True
    target.hold("k1", content_hash(DRAFT), DRAFT.kind)
    now_due()
    assert posting.drain() == 1
    assert set(states().values()) == {"posted"}
    assert Entry.objects.filter(action="posting.posted").count() == 1


def test_an_erp_that_cannot_say_what_is_posted_is_not_asked_without_end(erp, target):
    group = owe(erp, "batch", BATCH)
    owe(erp, "k1", group=group)
    drain_all()
    target.find_error = TransientError("away")
    now_due()
    assert posting.drain() == 0
    assert Posting.objects.get(key="k1").due_at > datetime.now(UTC)


def test_one_targets_fault_does_not_stop_another(erp, target):
    other = ConnectionFactory(erp=True, account="another")
    put(other, Target())
    target.answers = [ZeroDivisionError()]
    owe(erp)
    owe(other, "k2")
    posting.drain()
    assert states() == {"k1": "unknown", "k2": "entered"}


def test_a_key_whose_document_is_gone_is_held(erp, target):
    owe(erp)
    target.answers = [OutcomeStatus.UNKNOWN]
    posting.drain()
    target.hold("k1", content_hash(DRAFT), DRAFT.kind)
    target.held["k1"] = replace(target.held["k1"], details={"document_present": False})
    now_due()
    posting.drain()
    assert states() == {"k1": "held"}


def test_the_targets_words_pass_the_card_number_guard(erp, target, monkeypatch):
    owe(erp)
    answer = Outcome("k1", OutcomeStatus.REFUSED, code="c" * 60, message="4111111111111111 is odd")
    monkeypatch.setattr(target, "post", lambda requests: [answer])
    posting.drain()
    kept = [Posting.objects.get().message, Attempt.objects.get().message]
    assert all(text.endswith("is odd") and "4111" not in text for text in kept)


def test_what_was_refused_may_go_with_other_content_and_nothing_else_may(erp, target):
    owe(erp)
    target.answers = [OutcomeStatus.REFUSED, OutcomeStatus.UNKNOWN, OutcomeStatus.CONFLICT]
    posting.drain()
    posting_release.release_as(Posting.objects.get(), replace(DRAFT, comment="two"), "user:ann")
    assert Posting.objects.get().draft["comment"] == "two"
    for _ in range(3):
        now_due()
        posting.drain()
    with pytest.raises(posting_owe.ContentConflictError, match="may have reached the ERP"):
        posting_release.release_as(Posting.objects.get(), DRAFT, "user:ann")
    assert Posting.objects.get().draft["comment"] == "two"

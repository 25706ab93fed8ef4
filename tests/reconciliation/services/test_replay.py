"""Held postings go again: sent, looked up or decided anew, and never what may have been posted."""

from datetime import date

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.choices import AttemptOutcome
from integrations.models import Attempt, Posting
from reconciliation.choices import DecisionState, EffectKind
from reconciliation.models import Reservation, Transaction
from reconciliation.services import replay
from tests.builders import (
    TODAY,
    AttemptFactory,
    EffectFactory,
    PairFactory,
    PostingFactory,
    ReservationFactory,
    RuleSetVersionFactory,
    TransactionFactory,
)
from tests.world import person

pytestmark = pytest.mark.django_db
ANN = "user:ann"


@pytest.fixture(autouse=True)
def ann(db):
    return person("ann", Role.OPERATOR)


@pytest.fixture
def pair():
    return PairFactory()


def held_receipt(pair, outcome=AttemptOutcome.REFUSED, **over):
    """A held receipt of a transaction with one attempt behind it."""
    effect = EffectFactory(
        pair=pair,
        kind=EffectKind.RECEIPT,
        transaction=TransactionFactory(connection=pair.gateway, decision=DecisionState.POSTED_AS),
        posting__held=True,
        **over,
    )
    AttemptFactory(posting=effect.posting, outcome=outcome)
    return effect


def everything():
    return Posting.objects.all()


def newest():
    return Posting.objects.order_by("-pk")[0].pk


def counts(found):
    return found.sent, found.looked_up, found.decided


@pytest.fixture
def one_of_each(pair):
    """The version of the first is in force; the second may be posted; the third has other rules."""
    before = RuleSetVersionFactory(pair=pair, active_from=date(2010, 1, 1))
    now = RuleSetVersionFactory(pair=pair, active_from=TODAY)
    return (
        held_receipt(pair, version=now),
        held_receipt(pair, AttemptOutcome.UNKNOWN, version=before),
        held_receipt(pair, version=before),
    )


def test_a_preview_says_what_would_happen_and_changes_nothing(one_of_each):
    assert counts(replay.preview(everything())) == (1, 1, 1)
    assert set(everything().values_list("state", flat=True)) == {"held"}


def test_each_goes_its_own_way_and_the_record_names_the_person(one_of_each):
    done = replay.replay(everything(), newest(), ANN, "state held")
    assert counts(done) == (1, 1, 1)
    states = [Posting.objects.get(pk=e.posting_id).state for e in one_of_each]
    assert states == ["ready", "unknown", "cancelled"]
    assert Entry.objects.filter(action="posting.released", actor=ANN).count() == 2
    assert Entry.objects.get(action="posting.cancelled").actor == ANN
    entry = Entry.objects.get(action="postings.replayed")
    assert (entry.actor, "state held" in entry.summary) == (ANN, True)


def test_what_never_reached_the_target_is_decided_again_under_the_rules_now_in_force(one_of_each):
    old = one_of_each[2]
    ReservationFactory(effect=old)
    replay.replay_one(old.posting, ANN)
    assert Transaction.objects.get(pk=old.transaction_id).decision == "due"
    assert Reservation.objects.get().is_released


@pytest.mark.parametrize(
    "outcome", [AttemptOutcome.UNKNOWN, AttemptOutcome.CONFLICT, AttemptOutcome.ABSENT]
)
def test_what_may_have_been_posted_is_never_decided_again_whatever_the_rules(pair, outcome):
    effect = held_receipt(pair, outcome)
    RuleSetVersionFactory(pair=pair, active_from=TODAY)
    assert replay.replay_one(effect.posting, ANN) == "Looked up again."
    assert Posting.objects.get().state == "unknown"
    assert Transaction.objects.get().decision == "effects"


def test_the_selection_is_the_filter_over_all_pages(pair):
    version = RuleSetVersionFactory(pair=pair, active_from=TODAY)
    ids = [held_receipt(pair, version=version).posting_id for _ in range(5)]
    Posting.objects.filter(pk__in=ids).update(code="attempts_exhausted")
    other = PostingFactory(held=True, target=pair.erp)
    chosen = everything().filter(code="attempts_exhausted")
    assert replay.preview(chosen).count == 5
    assert replay.replay(chosen, newest(), ANN, "given up").count == 5
    other.refresh_from_db()
    assert other.state == "held"


def test_what_came_after_the_preview_stays_where_it_is(pair):
    first = PostingFactory(held=True, target=pair.erp)
    seen = newest()
    later = PostingFactory(held=True, target=pair.erp)
    assert replay.replay(everything(), seen, ANN, "all").count == 1
    assert [Posting.objects.get(pk=p.pk).state for p in (first, later)] == ["ready", "held"]


def test_a_posting_without_a_payment_of_its_own_is_sent_as_it_is(pair):
    effect = EffectFactory(pair=pair, kind=EffectKind.DEPOSIT, posting__held=True)
    AttemptFactory(posting=effect.posting, outcome=AttemptOutcome.REFUSED)
    RuleSetVersionFactory(pair=pair, active_from=TODAY)
    assert replay.replay_one(effect.posting, ANN) == "Sent again."
    assert Attempt.objects.count() == 1


def test_a_preview_asks_for_the_rules_once_for_a_pair_however_many_days(
    pair, django_assert_num_queries
):
    RuleSetVersionFactory(pair=pair, active_from=date(2011, 2, 1))
    for day in (date(2011, 1, 3), date(2011, 2, 3), date(2011, 2, 4)):
        held_receipt(pair, business_on=day)
    with django_assert_num_queries(2):
        found = replay.preview(everything())
    assert found.count == 3

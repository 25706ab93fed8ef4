"""A version is drafted, handed in, put in force by another, and stays as it was from then on."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from audit.models import Entry
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.services import versions
from mapping.services.rulesets import RuleSetError, load
from tests import builders

pytestmark = pytest.mark.django_db
FACTORIES = [getattr(builders, f"{kind.model.__name__}Factory") for kind in KINDS.values()]


@pytest.fixture
def full():
    """A draft with one row of every kind."""
    draft = builders.RuleSetVersionFactory(state=VersionState.DRAFT, active_from=None)
    for factory in FACTORIES:
        factory(version=draft, position=1)
    return draft


def test_a_draft_made_from_a_version_has_all_its_rows(full):
    draft = versions.draft_from(full, "mapper", "Another try.")
    assert (draft.number, draft.based_on) == (full.number + 1, full)
    for kind in KINDS.values():
        assert kind.read(draft) == kind.read(full)
        assert len(kind.read(draft)) == 1


def test_a_version_is_handed_in_and_put_in_force(full):
    versions.hand_in(full, "mapper")
    assert (full.state, full.reviewed_by) == (VersionState.REVIEWED, "mapper")
    versions.activate(full, date(2010, 12, 1), "approver")
    assert (full.state, full.approved_by) == (VersionState.ACTIVE, "approver")
    told = list(Entry.objects.filter(subject_id=str(full.pk)).values_list("action", flat=True))
    assert told == ["rules.handed_in", "rules.activated"]


def test_what_was_given_back_is_a_draft_that_can_be_changed(full):
    versions.hand_in(full, "mapper")
    versions.give_back(full, "approver", "The fee is wrong.")
    assert (full.state, full.sealed_at) == (VersionState.DRAFT, None)
    full.feerules.update(percent=3)
    assert load(full).fees[0].percent == 3


@pytest.mark.parametrize("step", ["hand_in", "activate", "discard"])
def test_rows_of_a_sealed_version_cannot_be_touched(full, step):
    more = (date(2010, 12, 1),) if step == "activate" else ()
    getattr(versions, step)(full, *more, "approver")
    for kind, factory in zip(KINDS.values(), FACTORIES, strict=True):
        rows = kind.model._default_manager.filter(version=full)
        for attempt in (rows.delete, lambda r=rows: r.update(position=7),
                        lambda f=factory: f(version=full, position=2)):  # fmt: skip
            with pytest.raises(IntegrityError, match="keeps its rows"), transaction.atomic():
                attempt()


def test_a_version_in_force_cannot_be_unsealed_or_removed(full):
    versions.activate(full, date(2010, 12, 1), "approver")
    row = RuleSetVersion.objects.filter(pk=full.pk)
    with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        row.update(sealed_at=None)
    with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        row.update(deposit_pattern="OTHER")


@pytest.mark.parametrize(
    ("step", "wrong"),
    [("hand_in", VersionState.ACTIVE), ("activate", VersionState.ACTIVE),
     ("give_back", VersionState.DRAFT), ("discard", VersionState.RETIRED)],
)  # fmt: skip
def test_a_step_that_does_not_fit_the_state_is_refused(step, wrong):
    version = builders.RuleSetVersionFactory(state=wrong)
    more = {"activate": (date(2010, 12, 1), "a"), "give_back": ("a", "why")}.get(step, ("a",))
    with pytest.raises(RuleSetError, match=f"is {wrong.label.lower()}"):
        getattr(versions, step)(version, *more)


def test_every_kind_says_what_it_is_for_and_shows_its_values_in_words(full):
    for kind in KINDS.values():
        assert kind.label
        assert kind.about.endswith(".")
        (row,) = kind.objects(full)
        assert all(isinstance(kind.shown(row, name), str) for name in kind.columns)
    accounts = KINDS["accounts"]
    (row,) = accounts.objects(full)
    assert [accounts.shown(row, name) for name in ("role", "kind", "account")] == [
        "Card clearing", "any", "1055-00-00",
    ]  # fmt: skip

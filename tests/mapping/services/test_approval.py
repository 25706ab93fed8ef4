"""Mappers draft and hand in, a second person puts in force; superusers are no exception."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.models import Entry
from audit.roles import Role
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.services import approval, editing
from mapping.services.rulesets import RuleSetError
from tests import builders
from tests.mapping.drafts import draft, full_draft
from tests.world import person

pytestmark = pytest.mark.django_db
DAY = date(2011, 3, 1)


@pytest.fixture
def mara():
    return person("mara", Role.MAPPER, Role.APPROVER)


@pytest.fixture
def otto():
    return person("otto", Role.APPROVER)


def test_a_draft_is_handed_in_and_put_in_force_by_another(mara, otto):
    base = full_draft()
    version = approval.begin(mara, base.pair, base, "New fees.")
    approval.hand_in(mara, version)
    approval.activate(otto, version, DAY)
    assert (version.state, version.active_from) == (VersionState.ACTIVE, DAY)
    assert version.approved_by == "user:otto"


@pytest.mark.parametrize("part", ["made it", "changed it", "handed it in"])
def test_nobody_puts_in_force_what_they_had_a_part_in(mara, part):
    mara.is_superuser = True
    mara.save()
    other = person("ida", Role.MAPPER)
    first = mara if part == "made it" else other
    version = approval.begin(first, builders.PairFactory(), None, "From scratch.")
    editor = mara if part == "changed it" else other
    editing.add(editor, version, KINDS["methods"], {"erp_method": "CC"})
    approval.hand_in(mara if part == "handed it in" else other, version)
    with pytest.raises(RuleSetError, match="Nobody approves what they have made"):
        approval.activate(mara, version, DAY)
    version.refresh_from_db()
    assert version.state == VersionState.REVIEWED
    assert Entry.objects.filter(action="access.denied", actor="user:mara").count() == 1


@pytest.mark.parametrize("name", ["user:mara", "mara", ""])
def test_the_database_refuses_it_too(mara, name):
    version = approval.begin(mara, builders.PairFactory(), None, "From scratch.")
    row = RuleSetVersion.objects.filter(pk=version.pk)
    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        row.update(state=VersionState.ACTIVE, active_from=DAY, approved_by=name)
    row.update(state=VersionState.ACTIVE, active_from=DAY, approved_by="user:otto")


def test_what_was_not_handed_in_is_not_put_in_force(otto):
    with pytest.raises(RuleSetError, match="is draft; it has to be handed in first"):
        approval.activate(otto, full_draft(), DAY)


def test_an_empty_draft_is_not_handed_in(mara):
    with pytest.raises(RuleSetError, match="without any row"):
        approval.hand_in(mara, draft())


def test_who_gives_back_says_why_and_it_can_be_changed_again(mara, otto):
    version = full_draft()
    approval.hand_in(mara, version)
    with pytest.raises(RuleSetError, match="Say why"):
        approval.give_back(otto, version, " ")
    approval.give_back(otto, version, "The fee is wrong.")
    assert version.state == VersionState.DRAFT
    assert "The fee is wrong." in Entry.objects.get(action="rules.given_back").summary
    with pytest.raises(RuleSetError, match="Nobody approves"):
        approval.activate(mara, version, DAY)


def test_a_draft_needs_its_purpose(mara):
    with pytest.raises(RuleSetError, match="Say what"):
        approval.begin(mara, builders.PairFactory(), None, "")


@pytest.mark.parametrize(
    ("step", "more", "roles"),
    [
        (approval.hand_in, (), (Role.APPROVER, Role.ADMIN)),
        (approval.discard, (), (Role.APPROVER, Role.ADMIN)),
        (approval.give_back, ("why",), (Role.OPERATOR, Role.ADMIN)),
        (approval.activate, (DAY,), (Role.MAPPER, Role.ADMIN)),
    ],
)
def test_a_step_is_for_those_whose_duty_it_is(step, more, roles):
    version = full_draft()
    with pytest.raises(PermissionDenied):
        step(person("other", *roles), version, *more)
    version.refresh_from_db()
    assert version.state == VersionState.DRAFT


def test_a_draft_is_set_aside(mara):
    version = full_draft()
    approval.discard(mara, version)
    assert version.state == VersionState.RETIRED

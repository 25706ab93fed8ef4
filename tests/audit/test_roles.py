"""Duties come from roles alone; whoever lacks one is refused, and that is on record."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied

from audit.models import Entry
from audit.roles import ROLE_DUTIES, Duty, Role, create_groups, may, require, require_other

pytestmark = pytest.mark.django_db


def person(*roles: Role, **fields: bool) -> User:
    user = User.objects.create(username="-".join(["p", *roles]), **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def test_every_role_is_a_group_made_once() -> None:
    create_groups()
    assert set(Group.objects.values_list("name", flat=True)) == {role.value for role in Role}
    assert set(ROLE_DUTIES) == set(Role)
    assert frozenset().union(*ROLE_DUTIES.values()) == set(Duty)


@pytest.mark.parametrize("role", Role)
def test_a_role_has_its_duties_and_no_others(role: Role) -> None:
    user = person(role)
    assert {duty for duty in Duty if may(user, duty)} == ROLE_DUTIES[role]


def test_who_edits_rules_does_not_approve_them_by_role() -> None:
    assert not any(
        {Duty.EDIT_RULES, Duty.APPROVE_RULES} <= duties for duties in ROLE_DUTIES.values()
    )


def test_superusers_the_inactive_and_the_anonymous_have_no_duties() -> None:
    for user in (
        person(is_superuser=True, is_staff=True),
        person(Role.VIEWER, is_active=False),
        AnonymousUser(),
    ):
        assert not any(may(user, duty) for duty in Duty)


def test_a_denied_attempt_is_recorded() -> None:
    user = person(Role.VIEWER)
    require(user, Duty.VIEW)
    assert not Entry.objects.exists()
    with pytest.raises(PermissionDenied, match="approve rules"):
        require(user, Duty.APPROVE_RULES, ("mapping.ruleset", "4"))
    entry = Entry.objects.get()
    assert (entry.action, entry.actor, entry.subject_id) == ("access.denied", "user:p-viewer", "4")
    assert entry.details == {"duty": "approve_rules"}


def test_nobody_approves_their_own_work() -> None:
    user, other = person(Role.APPROVER), person(Role.APPROVER, Role.MAPPER)
    require_other(user, other, Duty.APPROVE_RULES)
    with pytest.raises(PermissionDenied, match="prepared themselves"):
        require_other(user, user, Duty.APPROVE_RULES)
    assert Entry.objects.filter(action="access.denied").count() == 1


def test_roles_are_read_once_for_each_request(django_assert_num_queries: object) -> None:
    user = User.objects.get(pk=person(Role.AUDITOR).pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert all(may(user, duty) for duty in ROLE_DUTIES[Role.AUDITOR])

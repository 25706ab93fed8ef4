"""Two administrators for what weighs most, and nobody changes what they may do themselves."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import people
from audit.models import AccessChange, Entry
from audit.roles import Role
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return person("anna", Role.ADMIN)


@pytest.fixture
def bert():
    return person("bert", Role.ADMIN)


def actions():
    return list(Entry.objects.order_by("id").values_list("action", flat=True))


def test_an_ordinary_role_is_given_and_taken_at_once_and_recorded(anna):
    user = person("olga", Role.VIEWER)
    changed = people.change_roles(anna, user, [Role.OPERATOR])
    assert changed.done == ("operator given", "viewer taken")
    assert people.held(user) == {Role.OPERATOR}
    assert actions() == ["role.given", "role.taken"]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.APPROVER])
def test_a_weighty_role_takes_effect_when_another_administrator_approves(anna, bert, role):
    user = person("olga")
    waiting = people.change_roles(anna, user, [role, Role.VIEWER]).waiting
    assert people.held(user) == {Role.VIEWER}
    people.approve(bert, waiting)
    assert people.held(user) == {role, Role.VIEWER}
    assert AccessChange.objects.get().decided_by == bert


def test_taking_a_weighty_role_takes_two_as_well(anna, bert):
    user = person("olga", Role.APPROVER)
    waiting = people.change_roles(anna, user, []).waiting
    assert people.held(user) == {Role.APPROVER}
    people.approve(bert, waiting)
    assert people.held(user) == set()


def test_who_asked_does_not_approve_and_the_attempt_is_recorded(anna):
    waiting = people.change_roles(anna, person("olga"), [Role.ADMIN]).waiting
    with pytest.raises(PermissionDenied, match="prepared themselves"):
        people.approve(anna, waiting)
    assert actions()[-1] == "access.denied"
    assert people.held(waiting.user) == set()


def test_nobody_decides_on_their_own_roles(anna, bert):
    with pytest.raises(PermissionDenied, match="their own roles"):
        people.change_roles(anna, anna, [Role.ADMIN, Role.APPROVER])
    waiting = people.change_roles(anna, bert, [Role.ADMIN, Role.APPROVER]).waiting
    with pytest.raises(PermissionDenied, match="their own roles"):
        people.approve(bert, waiting)


def test_a_superuser_is_no_exception(admin_user):
    with pytest.raises(PermissionDenied):
        people.change_roles(admin_user, person("olga"), [Role.VIEWER])
    with pytest.raises(PermissionDenied):
        people.invite(admin_user, "new", "", [])


def test_the_database_keeps_the_second_person(anna):
    waiting = people.change_roles(anna, person("olga"), [Role.ADMIN]).waiting
    for decider in (anna, waiting.user):
        with pytest.raises(IntegrityError), transaction.atomic():
            AccessChange.objects.update(state="done", decided_by=decider, decided_at=timezone.now())


def test_a_change_is_decided_once(anna, bert):
    waiting = people.change_roles(anna, person("olga"), [Role.ADMIN]).waiting
    people.refuse(anna, waiting)
    with pytest.raises(people.PeopleError, match="refused already"):
        people.approve(bert, waiting)


def test_a_second_request_waits_for_the_first_to_be_decided(anna, bert):
    user = person("olga")
    people.change_roles(anna, user, [Role.ADMIN])
    with pytest.raises(people.PeopleError, match="waits for a second person already"):
        people.change_roles(bert, user, [Role.APPROVER])


def test_what_a_former_administrator_asked_for_is_not_approved(anna, bert):
    carl = person("carl", Role.ADMIN)
    waiting = people.change_roles(carl, person("olga"), [Role.ADMIN]).waiting
    people.deactivate(anna, carl)
    with pytest.raises(people.PeopleError, match="no administrator any more"):
        people.approve(bert, waiting)


def test_the_last_administrator_stays(anna, bert):
    waiting = people.change_roles(anna, bert, []).waiting
    carl = person("carl", Role.ADMIN)
    people.approve(carl, waiting)
    people.deactivate(anna, carl)
    with pytest.raises(PermissionDenied):
        people.deactivate(anna, anna)
    assert people.administrators() == 1


def test_a_change_that_would_leave_no_administrator_is_refused_when_it_takes_effect(anna, bert):
    carl = person("carl", Role.ADMIN)
    waiting = people.change_roles(bert, carl, []).waiting
    carl_left = people.held(carl)
    bert.is_active = False
    with pytest.raises(people.PeopleError):
        bert.save()
        people.approve(anna, waiting)
    assert people.held(carl) == carl_left


def test_locking_out_takes_weighty_roles_and_open_requests_with_it(anna, bert):
    user = person("olga", Role.APPROVER, Role.VIEWER)
    people.change_roles(anna, user, [Role.APPROVER, Role.ADMIN, Role.VIEWER])
    people.deactivate(bert, user)
    assert people.held(user) == {Role.VIEWER}
    assert AccessChange.objects.get().state == "refused"
    people.activate(anna, user)
    assert people.held(user) == {Role.VIEWER}


def test_an_invited_person_has_no_password_and_ordinary_roles_at_once(anna):
    user, changed = people.invite(anna, "olga", "olga@example.com", [Role.VIEWER, Role.APPROVER])
    assert not user.has_usable_password()
    assert people.held(user) == {Role.VIEWER}
    assert changed.waiting.give == ["approver"]
    with pytest.raises(people.PeopleError, match="this user name already"):
        people.invite(anna, "olga", "", [])


def test_one_administrator_alone_gets_no_link_to_an_account_that_approves(anna, bert):
    user = person("olga", Role.APPROVER)
    assert people.ask_for_link(anna, user) == ""
    path = people.approve(bert, AccessChange.objects.get())
    assert path.startswith("/accounts/password/")
    assert people.ask_for_link(anna, person("viewer", Role.VIEWER)).startswith("/accounts/")


def test_nobody_removes_their_own_second_factor(anna):
    with pytest.raises(PermissionDenied, match="their own second factor"):
        people.remove_second_factor(anna, anna)
    assert not people.remove_second_factor(anna, person("olga"))


def test_the_first_two_administrators_come_from_the_command_line(capsys):
    call_command("create_admin", "anna")
    call_command("create_admin", "bert")
    assert "/accounts/password/" in capsys.readouterr().out
    assert people.administrators() == 2
    with pytest.raises(CommandError, match="two administrators already"):
        call_command("create_admin", "carl")

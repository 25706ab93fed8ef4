"""People and their roles. Each change is recorded; what weighs most takes two administrators.

Nobody changes what they may do themselves, and nobody takes away the last administrator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit import services as audit
from audit import sessions
from audit.models import AccessChange
from audit.models.access_change import AccessChangeKind, AccessChangeState
from audit.roles import Duty, Role, deny, require

#: Roles that are given and taken by two administrators.
WEIGHTY: Final = frozenset({Role.ADMIN, Role.APPROVER})


class LinkTokens(PasswordResetTokenGenerator):
    """As Django's, and void as soon as a weighty role is given or taken: what one administrator
    had in hand for an ordinary account opens none that takes two.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        weighty = ",".join(sorted(role.value for role in held(user) & WEIGHTY))
        return f"{super()._make_hash_value(user, timestamp)}{weighty}"


LINK_TOKENS: Final = LinkTokens()


class PeopleError(Exception):
    """It cannot be done; the text says why and what to do."""


@dataclass(frozen=True)
class Changed:
    """What became of a change of roles: what is done, and what waits for a second person."""

    done: tuple[str, ...]
    waiting: AccessChange | None


def held(user: User) -> frozenset[Role]:
    """The roles as they are now, active or not."""
    names = set(user.groups.values_list("name", flat=True))
    return frozenset(role for role in Role if role.value in names)


def link_path(user: User) -> str:
    """The address at which this person sets the password, once, within three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-link", args=[uid, LINK_TOKENS.make_token(user)])


def invite(actor: User, username: str, email: str, roles: Iterable[Role]) -> tuple[User, Changed]:
    """A new person without a password. Raises PeopleError for a name that is taken."""
    require(actor, Duty.MANAGE_USERS)
    with transaction.atomic():
        try:
            with transaction.atomic():
                user = User.objects.create_user(username=username, email=email)
        except IntegrityError as error:
            raise PeopleError("Somebody has this user name already.") from error
        _record("person.invited", actor, user, f"{username} was invited.", {"email": email})
        return user, _change(actor, user, frozenset(roles))


def change_roles(actor: User, user: User, wanted: Iterable[Role]) -> Changed:
    """Let a person hold exactly these roles. What is weighty waits for a second person."""
    _another(actor, user, "change_roles", "Nobody changes their own roles.")
    with transaction.atomic():
        return _change(actor, user, frozenset(wanted))


def _change(actor: User, user: User, wanted: frozenset[Role]) -> Changed:
    admins = _lock()
    now = held(user)
    give, take = wanted - now, now - wanted
    if Role.ADMIN in take:
        _keep_one(admins, user)
    light_give, light_take = give - WEIGHTY, take - WEIGHTY
    _apply(actor, user, light_give, light_take, "")
    done = tuple(f"{role} given" for role in sorted(light_give))
    done += tuple(f"{role} taken" for role in sorted(light_take))
    waiting = None
    if give & WEIGHTY or take & WEIGHTY:
        waiting = _ask(actor, user, AccessChangeKind.ROLES, give & WEIGHTY, take & WEIGHTY)
    return Changed(done, waiting)


def _ask(
    actor: User,
    user: User,
    kind: AccessChangeKind,
    give: Iterable[Role] = (),
    take: Iterable[Role] = (),
) -> AccessChange:
    try:
        with transaction.atomic():
            change = AccessChange.objects.create(
                user=user,
                kind=kind,
                give=sorted(role.value for role in give),
                take=sorted(role.value for role in take),
                asked_by=actor,
                asked_at=timezone.now(),
            )
    except IntegrityError as error:
        raise PeopleError(
            "A change waits for a second person already; decide that first."
        ) from error
    _record("access.asked", actor, user, f"For {user.username}: {change.in_words}.")
    return change


def approve(actor: User, change: AccessChange) -> str:
    """Let a change take effect; the link to hand on, if it is about one.

    Raises PermissionDenied for who asked and for whom it is about, PeopleError when it is over.
    """
    user = change.user
    _another(actor, user, "approve_access", "Nobody changes their own roles.")
    if change.asked_by_id == actor.pk:
        deny(
            actor,
            "approve_access",
            "Nobody approves what they have prepared themselves.",
            _of(user),
        )
    with transaction.atomic():
        admins = _lock()
        change = _waiting(change)
        if not change.asked_by.is_active or Role.ADMIN not in held(change.asked_by):
            raise PeopleError("Who asked for it is no administrator any more. Refuse it, ask anew.")
        if Role.ADMIN.value in change.take:
            _keep_one(admins, user)
        if not user.is_active:
            raise PeopleError(f"{user.username} is not active. Refuse it, or let them in first.")
        _decide(change, actor, AccessChangeState.DONE)
        if change.kind == AccessChangeKind.LINK:
            _record("person.link_made", actor, user, "A link to set the password, by two people.")
            return link_path(user)
        give, take = map(Role, change.give), map(Role, change.take)
        _apply(actor, user, give, take, f"asked for by {change.asked_by.username}")
    return ""


def refuse(actor: User, change: AccessChange) -> None:
    """Let a change not take effect; who asked may take it back."""
    require(actor, Duty.MANAGE_USERS, _of(change.user))
    with transaction.atomic():
        change = _waiting(change)
        _decide(change, actor, AccessChangeState.REFUSED)
        _record("access.refused", actor, change.user, f"Refused: {change.in_words}.")


def ask_for_link(actor: User, user: User) -> str:
    """A link with which a person sets the password; "" when it waits for a second person.

    Whoever has the link can become that person: it is never one administrator alone who gets at
    an account that approves or administers.
    """
    _another(actor, user, "password_link", "Change your own password in your profile.")
    if not user.is_active:
        raise PeopleError(f"{user.username} is not active; let them in first.")
    with transaction.atomic():
        if held(user) & WEIGHTY:
            _ask(actor, user, AccessChangeKind.LINK)
            return ""
        _record("person.link_made", actor, user, "A link to set the password.")
    return link_path(user)


def deactivate(actor: User, user: User) -> None:
    """Lock a person out at once. Weighty roles go with it and have to be given again by two."""
    _another(actor, user, "deactivate", "Nobody locks themselves out.")
    with transaction.atomic():
        admins = _lock()
        roles = held(user)
        if Role.ADMIN in roles:
            _keep_one(admins, user)
        user.is_active = False
        user.save(update_fields=["is_active"])
        _record("person.deactivated", actor, user, f"{user.username} was locked out.")
        _apply(actor, user, (), roles & WEIGHTY, "with the account")
        for change in AccessChange.objects.filter(user=user, state=AccessChangeState.WAITING):
            _decide(change, actor, AccessChangeState.REFUSED)
        sessions.end_all(user, actor, "The person was locked out.")


def activate(actor: User, user: User) -> None:
    """Let a person in again, with the roles that are left."""
    _another(actor, user, "activate", "Nobody lets themselves in.")
    with transaction.atomic():
        user.is_active = True
        user.save(update_fields=["is_active"])
        _record("person.activated", actor, user, f"{user.username} was let in again.")


def remove_second_factor(actor: User, user: User) -> bool:
    """Take a lost app off another person's account; their sessions end with it."""
    _another(actor, user, "remove_second_factor", "Nobody removes their own second factor.")
    with transaction.atomic():
        removed, _ = TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        if removed:
            _record("second_factor.removed", actor, user, f"The app of {user.username}.")
            sessions.end_all(user, actor, "The second factor was removed.")
    return bool(removed)


def end_sessions(actor: User, user: User) -> int:
    require(actor, Duty.MANAGE_USERS, _of(user))
    return sessions.end_all(user, actor, "Ended by an administrator.")


def administrators() -> int:
    return User.objects.filter(is_active=True, groups__name=Role.ADMIN.value).count()


def _another(actor: User, user: User, attempted: str, reason: str) -> None:
    """The actor is trusted with it, and is not whom it is about. Recorded when not."""
    require(actor, Duty.MANAGE_USERS, _of(user))
    if actor.pk == user.pk:
        deny(actor, attempted, reason, _of(user))


def _lock() -> Group:
    """One change of access after the other: the last administrator is counted under this lock."""
    return Group.objects.select_for_update().get(name=Role.ADMIN.value)


def _keep_one(admins: Group, user: User) -> None:
    if not admins.user_set.filter(is_active=True).exclude(pk=user.pk).exists():
        raise PeopleError(f"{user.username} is the last administrator; make another one first.")


def _waiting(change: AccessChange) -> AccessChange:
    locked = AccessChange.objects.select_for_update(of=("self",)).select_related("user", "asked_by")
    found = locked.get(pk=change.pk)
    if found.state != AccessChangeState.WAITING:
        raise PeopleError(f"It is {found.get_state_display().lower()} already.")
    return found


def _decide(change: AccessChange, actor: User, state: AccessChangeState) -> None:
    change.state, change.decided_by, change.decided_at = state, actor, timezone.now()
    change.save(update_fields=["state", "decided_by", "decided_at"])


def _apply(actor: User, user: User, give: Iterable[Role], take: Iterable[Role], note: str) -> None:
    for role in sorted(give):
        user.groups.add(Group.objects.get(name=role.value))
        _record("role.given", actor, user, _words(f"{role} for {user.username}", note))
    for role in sorted(take):
        user.groups.remove(Group.objects.get(name=role.value))
        _record("role.taken", actor, user, _words(f"{role} from {user.username}", note))


def _words(what: str, note: str) -> str:
    return f"{what}, {note}." if note else f"{what}."


def _of(user: User) -> tuple[str, str]:
    return ("user", str(user.pk))


def _record(
    action: str, actor: User, user: User, summary: str, details: dict[str, str] | None = None
) -> None:
    audit.record(action, _of(user), actor=audit.user_actor(actor), summary=summary, details=details)

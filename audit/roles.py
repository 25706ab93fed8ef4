"""Who may do what: roles are Django groups, duties are what code asks for.

Being a superuser is no role: it opens the stock admin and nothing in the product. Each role is
given to people on its own, so that no one both prepares and approves by accident of rank.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied
from django.db import models, transaction

from audit.holders import KeyHolder

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_log = logging.getLogger(__name__)
_CACHE: Final = "_tieout_role_names"


class Duty(StrEnum):
    """Something that a person is trusted with."""

    VIEW = "view"
    WORK_EXCEPTIONS = "work_exceptions"
    UPLOAD_STATEMENTS = "upload_statements"
    EDIT_RULES = "edit_rules"
    APPROVE_RULES = "approve_rules"
    REPLAY_RULES = "replay_rules"
    APPROVE_POSTINGS = "approve_postings"
    CLOSE_PERIODS = "close_periods"
    MANAGE_CONNECTIONS = "manage_connections"
    APPROVE_CONNECTIONS = "approve_connections"
    MANAGE_USERS = "manage_users"
    MANAGE_KEYS = "manage_keys"
    EXPORT = "export"
    VIEW_ENVELOPES = "view_envelopes"
    VIEW_AUDIT = "view_audit"
    VERIFY_AUDIT = "verify_audit"
    ACKNOWLEDGE_ALERTS = "acknowledge_alerts"
    MANAGE_ALERTS = "manage_alerts"


class Role(StrEnum):
    """The names of the groups."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    MAPPER = "mapper"
    APPROVER = "approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


ROLE_DUTIES: Final[dict[Role, frozenset[Duty]]] = {
    Role.VIEWER: frozenset({Duty.VIEW}),
    Role.OPERATOR: frozenset(
        {
            Duty.VIEW,
            Duty.ACKNOWLEDGE_ALERTS,
            Duty.WORK_EXCEPTIONS,
            Duty.UPLOAD_STATEMENTS,
            Duty.EXPORT,
        }
    ),
    Role.MAPPER: frozenset({Duty.VIEW, Duty.EDIT_RULES, Duty.REPLAY_RULES}),
    Role.APPROVER: frozenset(
        {
            Duty.VIEW,
            Duty.ACKNOWLEDGE_ALERTS,
            Duty.APPROVE_RULES,
            Duty.REPLAY_RULES,
            Duty.APPROVE_POSTINGS,
            Duty.APPROVE_CONNECTIONS,
            Duty.CLOSE_PERIODS,
            Duty.EXPORT,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Duty.VIEW,
            Duty.ACKNOWLEDGE_ALERTS,
            Duty.MANAGE_ALERTS,
            Duty.MANAGE_CONNECTIONS,
            Duty.APPROVE_CONNECTIONS,
            Duty.MANAGE_USERS,
            Duty.MANAGE_KEYS,
        }
    ),
    Role.AUDITOR: frozenset(
        {Duty.VIEW, Duty.EXPORT, Duty.VIEW_ENVELOPES, Duty.VIEW_AUDIT, Duty.VERIFY_AUDIT}
    ),
}


def roles_of(user: User | AnonymousUser) -> frozenset[Role]:
    """The roles a person holds; none for the inactive and the anonymous. One query a request."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    names: frozenset[str] | None = getattr(user, _CACHE, None)
    if names is None:
        names = frozenset(user.groups.values_list("name", flat=True))
        setattr(user, _CACHE, names)
    return frozenset(role for role in Role if role.value in names)


def duties_of(user: User | AnonymousUser | KeyHolder) -> frozenset[Duty]:
    """All duties of all roles a person holds; a key's are those of its scopes and its owner."""
    if isinstance(user, KeyHolder):
        return user.duties
    return frozenset().union(*(ROLE_DUTIES[role] for role in roles_of(user)))


def may(user: User | AnonymousUser | KeyHolder, duty: Duty) -> bool:
    """Whether a person is trusted with a duty. Superusers are no exception."""
    return duty in duties_of(user)


def require(
    user: User | AnonymousUser | KeyHolder,
    duty: Duty,
    subject: models.Model | tuple[str, str] | None = None,
) -> None:
    """Raise PermissionDenied, and record the attempt, unless the person is trusted with the duty.

    Ask before the transaction of the work begins: the record of a denial that is raised inside
    it is rolled back with it, and then only the log has it.
    """
    if may(user, duty):
        return
    deny(
        user, duty.value, f"Not among this user's duties: {duty.value.replace('_', ' ')}.", subject
    )


def require_other(
    user: User | AnonymousUser | KeyHolder,
    preparer: User | None,
    duty: Duty,
    subject: models.Model | tuple[str, str] | None = None,
) -> None:
    """As `require`, and the person must not be the one who prepared what is approved."""
    require(user, duty, subject)
    if preparer is not None and user.pk == preparer.pk:
        deny(user, duty.value, "Nobody approves what they have prepared themselves.", subject)


def deny(
    user: User | AnonymousUser | KeyHolder,
    attempted: str,
    reason: str,
    subject: models.Model | tuple[str, str] | None = None,
) -> None:
    """Record a denied attempt and raise PermissionDenied with the reason."""
    from audit.services import record, user_actor

    actor = user_actor(user)
    _log.warning("Denied to %s: %s. %s", actor, attempted, reason)
    with transaction.atomic():
        record(
            "access.denied",
            subject,
            actor=actor,
            summary=reason,
            details={"duty": attempted},
        )
    raise PermissionDenied(reason)


def create_groups(**kwargs: Any) -> None:
    """Make the groups that are missing; runs after every migrate."""
    from django.contrib.auth.models import Group

    alias = kwargs.get("using", "default")
    present = set(Group.objects.using(alias).values_list("name", flat=True))
    missing = [Group(name=role.value) for role in Role if role.value not in present]
    Group.objects.using(alias).bulk_create(missing, ignore_conflicts=True)

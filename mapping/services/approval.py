"""Who may take a version through its life: mappers draft it, a second person puts it in force."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied

from audit.acting import Someone
from audit.roles import Duty, deny, may, require
from audit.services import user_actor
from integrations.models import Pair
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.services import versions
from mapping.services.rulesets import RuleSetError


def begin(user: Someone, pair: Pair, base: RuleSetVersion | None, note: str) -> RuleSetVersion:
    """A draft: a copy of `base`, or an empty one. Raises PermissionDenied, RuleSetError."""
    require(user, Duty.EDIT_RULES, pair)
    if not note.strip():
        raise RuleSetError("Say what the draft is for.")
    if base is None:
        return versions.new_draft(pair, user_actor(user), note.strip())
    return versions.draft_from(base, user_actor(user), note.strip())


def hand_in(user: Someone, version: RuleSetVersion) -> None:
    require(user, Duty.EDIT_RULES, _subject(version))
    if not any(kind.has_rows(version) for kind in KINDS.values()):
        raise RuleSetError("A draft without any row is not handed in.")
    versions.hand_in(version, user_actor(user))


def give_back(user: Someone, version: RuleSetVersion, why: str) -> None:
    """By whoever could approve it, or by a mapper who wants to go on with it."""
    if not may(user, Duty.APPROVE_RULES):
        require(user, Duty.EDIT_RULES, _subject(version))
    if not why.strip():
        raise RuleSetError("Say why it is given back.")
    versions.give_back(version, user_actor(user), why)


def discard(user: Someone, version: RuleSetVersion) -> None:
    require(user, Duty.EDIT_RULES, _subject(version))
    versions.discard(version, user_actor(user))


def require_another(user: Someone, version: RuleSetVersion) -> None:
    """Refuse, on record, who may not approve or had a part in it; ask before any transaction."""
    require(user, Duty.APPROVE_RULES, _subject(version))
    version.refresh_from_db()
    if versions.is_maker(version, user_actor(user)):
        try:
            deny(user, Duty.APPROVE_RULES.value, versions.OWN.capitalize(), _subject(version))
        except PermissionDenied as denied:
            raise RuleSetError(f"{denied}") from denied


def activate(user: Someone, version: RuleSetVersion, active_from: date, evidence: str = "") -> None:
    """Put in force what another person has handed in; superusers are no exception.

    evidence: what shows the effect of it, as in `versions.activate`.
    Raises PermissionDenied without the duty, RuleSetError for somebody who had a part in it (the
    attempt is recorded) and for what was not handed in.
    """
    require_another(user, version)
    if version.state != VersionState.REVIEWED:
        state = version.get_state_display().lower()
        raise RuleSetError(f"Version {version.number} is {state}; it has to be handed in first.")
    versions.activate(version, active_from, user_actor(user), evidence=evidence)


def _subject(version: RuleSetVersion) -> tuple[str, str]:
    return "rules", str(version.pk)

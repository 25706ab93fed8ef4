"""The life of a version: draft → reviewed → active from a business date → retired.

A draft is edited by mappers. Handing it in for review seals its rows: the database refuses changes
from then on. Another person puts it in force, or gives it back as a draft. What was decided under
the version before stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import transaction

from audit import services as audit
from audit.acting import people_behind
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.services.rulesets import RuleSetError

#: Asked before a version goes in force without evidence; each raises RuleSetError to refuse. The
#: apps above add theirs: this one does not know what has been posted.
CONDITIONS: list[Callable[[RuleSetVersion], None]] = []

_OPEN = (VersionState.DRAFT, VersionState.REVIEWED)
OWN = "nobody approves what they have made, changed or handed in themselves."


def new_draft(pair: Pair, actor: str, note: str) -> RuleSetVersion:
    """An empty draft, the next number of its pair."""
    with transaction.atomic():
        Pair.objects.select_for_update().get(pk=pair.pk)
        newest = RuleSetVersion.objects.filter(pair=pair).order_by("-number").first()
        draft = RuleSetVersion.objects.create(
            pair=pair,
            number=(newest.number if newest else 0) + 1,
            note=note[:200],
            created_by=actor,
        )
        _record("rules.drafted", draft, actor, f"Draft {draft.number} of {pair.name} was begun.")
    return draft


def draft_from(version: RuleSetVersion, actor: str, note: str) -> RuleSetVersion:
    """A new draft with the rows of a version."""
    with transaction.atomic():
        draft = new_draft(version.pair, actor, note)
        draft.deposit_pattern, draft.based_on = version.deposit_pattern, version
        draft.save(update_fields=["deposit_pattern", "based_on", "edited_at"])
        for kind in KINDS.values():
            rows = kind.objects(version)
            for row in rows:
                row.pk, row.version = None, draft
            kind.model._default_manager.bulk_create(rows)
    return draft


def hand_in(version: RuleSetVersion, actor: str) -> None:
    """Seal a draft for review. Raises RuleSetError."""
    with transaction.atomic():
        locked = _locked(version, VersionState.DRAFT)
        _seal(locked, VersionState.REVIEWED, actor)
        locked.editors = with_editor(locked, actor)
        locked.save()
        _record("rules.handed_in", locked, actor, f"Version {locked.number} is up for approval.")
    version.refresh_from_db()


def give_back(version: RuleSetVersion, actor: str, why: str) -> None:
    """Make a version that was handed in a draft again. Raises RuleSetError."""
    with transaction.atomic():
        locked = _locked(version, VersionState.REVIEWED)
        locked.state, locked.sealed_at, locked.reviewed_by = VersionState.DRAFT, None, ""
        locked.save()
        summary = f"Version {locked.number} is a draft again: {why.strip() or 'no reason given'}"
        _record("rules.given_back", locked, actor, summary[:300])
    version.refresh_from_db()


def discard(version: RuleSetVersion, actor: str) -> None:
    """Retire a draft that nobody wants; its rows stay to be looked at. Raises RuleSetError."""
    with transaction.atomic():
        locked = _locked(version, *_OPEN)
        _seal(locked, VersionState.RETIRED, locked.reviewed_by)
        locked.save()
        _record("rules.discarded", locked, actor, f"Draft {locked.number} was set aside.")
    version.refresh_from_db()


def activate(version: RuleSetVersion, active_from: date, actor: str, *, evidence: str = "") -> None:
    """Put a version in force from a business date; what was decided before stays as it is.

    evidence: what shows the change's effect, such as a replay; without it CONDITIONS are asked.
    Who may do so is asked by the caller; that it is nobody who made it is asked here, and by the
    database. Raises RuleSetError.
    """
    if not evidence:
        for condition in CONDITIONS:
            condition(version)
    with transaction.atomic():
        locked = _locked(version, *_OPEN)
        if is_maker(locked, actor):
            raise RuleSetError(f"Version {locked.number} is put in force by somebody else: {OWN}")
        RuleSetVersion.objects.filter(
            pair=locked.pair, state=VersionState.ACTIVE, active_from=active_from
        ).update(state=VersionState.RETIRED)
        _seal(locked, VersionState.ACTIVE, locked.reviewed_by)
        locked.active_from = active_from
        locked.approved_by = actor
        locked.save()
        summary = f"Version {locked.number} is in force from {active_from}."
        _record("rules.activated", locked, actor, summary, evidence)
    version.refresh_from_db()


def is_maker(version: RuleSetVersion, actor: str) -> bool:
    """Whether the person behind the actor had a part in making it, by themselves or by a key."""
    return bool(people_behind([actor]) & people_behind(version.makers))


def with_editor(version: RuleSetVersion, actor: str) -> list[str]:
    return list(dict.fromkeys([*version.editors, actor]))


def _locked(version: RuleSetVersion, *states: VersionState) -> RuleSetVersion:
    locked = RuleSetVersion.objects.select_for_update().get(pk=version.pk)
    if locked.state not in states:
        raise RuleSetError(f"Version {locked.number} is {locked.get_state_display().lower()}.")
    return locked


def _seal(version: RuleSetVersion, state: VersionState, reviewer: str) -> None:
    version.state, version.reviewed_by = state, reviewer
    version.sealed_at = version.sealed_at or wall_now()


def _record(
    action: str, version: RuleSetVersion, actor: str, summary: str, evidence: str = ""
) -> None:
    details = {"number": version.number, "note": version.note}
    audit.record(
        action,
        ("rules", str(version.pk)),
        actor=actor,
        summary=summary,
        details=details | ({"evidence": evidence} if evidence else {}),
    )

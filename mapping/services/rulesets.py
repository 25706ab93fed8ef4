"""Rule sets in force, loaded once for each version and kept: an active version never changes."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from audit import services as audit
from integrations.models import Pair
from mapping.choices import VersionState
from mapping.models import AccountRule, FeeRule, MethodRule, RuleSetVersion, StatusRule
from mapping.models.ruleset import Rule
from mapping.rulebook import RuleBook
from mapping.rules.accounts import AccountRow
from mapping.rules.fees import FeeRow
from mapping.rules.methods import MethodRow
from mapping.rules.rows import in_order
from mapping.rules.statuses import StatusRow

_loaded: dict[int, RuleBook] = {}


class RuleSetError(Exception):
    """A rule set cannot be changed like that; the message says why."""


def version_in_force(pair: Pair, day: date) -> RuleSetVersion | None:
    """The active version whose start is the newest that is not after `day`."""
    return (
        RuleSetVersion.objects.filter(pair=pair, state=VersionState.ACTIVE, active_from__lte=day)
        .order_by("-active_from")
        .first()
    )


def rules_in_force(pair: Pair, day: date) -> RuleBook | None:
    """The rules for a business day, or None where no version covers it."""
    version = version_in_force(pair, day)
    if version is None:
        return None
    if version.pk not in _loaded:
        _loaded[version.pk] = load(version)
    return _loaded[version.pk]


def load(version: RuleSetVersion) -> RuleBook:
    return RuleBook(
        version_id=version.pk,
        number=version.number,
        accounts=tuple(
            in_order(
                AccountRow(r.position, r.role, r.account, r.kind, r.method)
                for r in AccountRule.objects.filter(version=version)
            )
        ),
        methods=tuple(
            in_order(
                MethodRow(r.position, r.method, r.erp_method)
                for r in MethodRule.objects.filter(version=version)
            )
        ),
        statuses=tuple(
            in_order(
                StatusRow(r.position, r.kind, r.status, r.action, r.erp_status)
                for r in StatusRule.objects.filter(version=version)
            )
        ),
        fees=tuple(
            in_order(
                FeeRow(r.position, r.method, r.percent, r.fixed)
                for r in FeeRule.objects.filter(version=version)
            )
        ),
        deposit_pattern=version.deposit_pattern,
    )


def draft_from(version: RuleSetVersion, actor: str, note: str) -> RuleSetVersion:
    """A new draft with the rows of a version."""
    newest = RuleSetVersion.objects.filter(pair=version.pair).order_by("-number").first()
    draft = RuleSetVersion.objects.create(
        pair=version.pair,
        number=(newest.number if newest else 0) + 1,
        note=note[:200],
        deposit_pattern=version.deposit_pattern,
        created_by=actor,
    )
    kinds: tuple[type[Rule], ...] = (AccountRule, MethodRule, StatusRule, FeeRule)
    for kind in kinds:
        for row in kind._default_manager.filter(version=version):
            row.pk, row.version = None, draft
            row.save(force_insert=True)
    return draft


def activate(version: RuleSetVersion, active_from: date, actor: str) -> None:
    """Put a draft in force from a business date; what was decided before stays as it is."""
    with transaction.atomic():
        locked = RuleSetVersion.objects.select_for_update().get(pk=version.pk)
        if locked.state not in (VersionState.DRAFT, VersionState.REVIEWED):
            raise RuleSetError(f"Version {locked.number} is {locked.state} already.")
        RuleSetVersion.objects.filter(
            pair=locked.pair, state=VersionState.ACTIVE, active_from=active_from
        ).update(state=VersionState.RETIRED)
        locked.state = VersionState.ACTIVE
        locked.active_from = active_from
        locked.approved_by = actor
        locked.save()
        audit.record(
            "rules.activated",
            ("rules", str(locked.pk)),
            actor=actor,
            summary=f"Version {locked.number} is in force from {active_from}.",
            details={"number": locked.number, "note": locked.note},
        )
    version.refresh_from_db()

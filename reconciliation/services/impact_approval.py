"""A version goes in force when a second person has seen what it would have posted."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from audit import services as audit
from audit.acting import Someone
from integrations.clock import wall_now
from integrations.models import Posting
from mapping.models import RuleSetVersion
from mapping.services import approval
from mapping.services.rulesets import RuleSetError
from reconciliation.choices import ImpactState
from reconciliation.models import Impact, ImpactApproval
from reconciliation.services.impact import rules_hash


def require_seen(version: RuleSetVersion) -> None:
    """Refuse a version whose effect nobody has looked at; for a new pair there is none to see."""
    if not Posting.objects.filter(effect__pair=version.pair).exists():
        return
    raise RuleSetError(
        f"Version {version.number} goes in force from a period that it was tried on: first see what"
        " it would have posted."
    )


def approve(impact: Impact, active_from: date, user: Someone) -> ImpactApproval:
    """Put the replayed version in force, and keep the replay with it.

    Raises PermissionDenied and RuleSetError, as `approval.activate` does; both are recorded.
    """
    version = impact.version
    if impact.state != ImpactState.DONE:
        raise RuleSetError("This has not come to its end yet.")
    if impact.rules_hash != rules_hash(version):
        raise RuleSetError("The draft was edited after this was tried; try it again.")
    approval.require_another(user, version)
    with transaction.atomic():
        approval.activate(user, version, active_from, evidence=f"replay {impact.pk}")
        return ImpactApproval.objects.create(
            impact=impact,
            active_from=active_from,
            approved_by=audit.user_actor(user),
            approved_at=wall_now(),
        )

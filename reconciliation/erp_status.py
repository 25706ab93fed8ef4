"""What a transaction's status is called in the ERP, as people and other software are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.models import Pair
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.rules.statuses import erp_status
from mapping.services.rulesets import version_in_force
from reconciliation.models import Effect, Transaction


def erp_status_of(row: Transaction) -> str:
    """By the rules that decided it, else by those in force on its day; empty where none says."""
    version = _version_of(row)
    if version is None:
        return ""
    statuses: Sequence[Any] = KINDS["statuses"].read(version)
    return erp_status(statuses, row.kind, row.status)


def _version_of(row: Transaction) -> RuleSetVersion | None:
    effect = Effect.objects.filter(transaction=row).select_related("version").order_by("id").last()
    if effect is not None:
        return effect.version
    pair = Pair.objects.filter(gateway=row.connection_id, is_active=True).order_by("pk").first()
    return version_in_force(pair, row.settled_on or row.captured_on) if pair else None

"""Rows of a draft: a new one comes first, and takes the place of one with the same condition."""

from __future__ import annotations

from typing import Final, TypeVar

from django.db.models import F

from mapping.choices import VersionState
from mapping.models import AccountRule, FieldRule, MethodRule, RuleSetVersion
from mapping.models.rules import Rule
from mapping.rules.rows import plain
from mapping.services.rulesets import RuleSetError

#: Beyond every position: rows are moved out of each other's way by it.
_ASIDE: Final = 1_000_000
RuleT = TypeVar("RuleT", bound=Rule)


def put_account_first(
    draft: RuleSetVersion, role: str, account: str, *, kind: str = "", method: str = ""
) -> AccountRule:
    """Map a role to an account; call inside a transaction.

    The condition is as wide as the draft allows: a role without any row gets one for everything,
    else the row is for this kind and method alone. Raises RuleSetError for a version in force.
    """
    _require_draft(draft)
    rows = AccountRule.objects.filter(version=draft, role=role)
    if not rows.exists():
        kind = method = ""
    rows.filter(kind=kind, method=method).delete()
    row = AccountRule(version=draft, role=role, kind=kind, method=method, account=account)
    return _put_first(row)


def put_method_first(draft: RuleSetVersion, method: str, erp_method: str) -> MethodRule:
    """Map a card brand to the ERP's payment method; call inside a transaction."""
    _require_draft(draft)
    for row in MethodRule.objects.filter(version=draft):
        if plain(row.method) == plain(method):
            row.delete()
    return _put_first(MethodRule(version=draft, method=method, erp_method=erp_method))


def change_formula(
    draft: RuleSetVersion, target: str, position: int, was: str, to: str
) -> FieldRule:
    """Another formula in the field map's row; call inside a transaction.

    Raises RuleSetError where the row is not the one that was looked at.
    """
    _require_draft(draft)
    row = FieldRule.objects.filter(version=draft, position=position, target=target).first()
    if row is None or row.formula != was:
        raise RuleSetError("The field map is another by now; try again first.")
    row.formula = to
    row.full_clean()
    row.save(update_fields=["formula"])
    return row


def _require_draft(version: RuleSetVersion) -> None:
    if version.state != VersionState.DRAFT:
        raise RuleSetError(f"Version {version.number} is {version.state}; only drafts change.")


def _put_first(row: RuleT) -> RuleT:
    rows = type(row)._default_manager.filter(version=row.version)
    # In two steps: positions are unique at every moment.
    rows.update(position=F("position") + _ASIDE)
    rows.update(position=F("position") - _ASIDE + 1)
    row.position = 1
    row.save(force_insert=True)
    return row

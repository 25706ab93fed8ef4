"""Rows of a draft that a desk's proposal adds: last, where they take no case from another row."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Max

from mapping.choices import VersionState
from mapping.models import AccountRule, FieldRule, MethodRule, RuleSetVersion
from mapping.models.rules import Rule
from mapping.services.rulesets import RuleSetError

RuleT = TypeVar("RuleT", bound=Rule)


def add_account(
    draft: RuleSetVersion,
    role: str,
    account: str,
    *,
    kind: str = "",
    method: str = "",
    currency: str = "",
) -> AccountRule:
    """Map a role to an account; call inside a transaction.

    The condition is as wide as the draft allows: a role without any row gets one for everything,
    else the row is for this kind and method alone, and where rows of the role tell currencies
    apart, for this currency. Raises RuleSetError for a version in force.
    """
    _require_draft(draft)
    rows = AccountRule.objects.filter(version=draft, role=role)
    if not rows.exists():
        kind = method = ""
    if not rows.exclude(currency="").exists():
        currency = ""
    row = AccountRule(
        version=draft, role=role, kind=kind, method=method, currency=currency, account=account
    )
    return _put_last(row)


def add_method(draft: RuleSetVersion, method: str, erp_method: str) -> MethodRule:
    """Map a card brand to the ERP's payment method; call inside a transaction."""
    _require_draft(draft)
    return _put_last(MethodRule(version=draft, method=method, erp_method=erp_method))


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


def _put_last(row: RuleT) -> RuleT:
    """What a row above takes stays with that row: nothing that was mapped is mapped otherwise."""
    rows = type(row)._default_manager.filter(version=row.version)
    row.position = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
    row.save(force_insert=True)
    return row

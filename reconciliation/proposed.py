"""What other rule sets say about the case of an exception, each to be proposed with one press."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mapping.proposals import Proposal, accounts_for, methods_for
from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem
from reconciliation.services.desk import DeskError
from reconciliation.services.desk.steps import pair_of


@dataclass(frozen=True, slots=True)
class Proposed:
    """`fields` is what the action's form would be answered with; empty: it is words alone."""

    proposal: Proposal
    action: str
    fields: dict[str, str]


def proposed_for(item: ExceptionItem, offered: Collection[str]) -> list[Proposed]:
    """`offered`: names of the actions that this person has. Nothing is applied by looking."""
    if item.closed_at is not None or item.reason not in _PROPOSED:
        return []
    try:
        pair = pair_of(item)
    except DeskError:
        return []
    about = item.details
    kind, method = str(about.get("kind", "")), str(about.get("method", ""))
    if item.reason == Reason.METHOD_UNMAPPED:
        found = methods_for(pair, method)
        action, given, value = "map_method", {"method": method}, "erp_method"
    else:
        role = str(about.get("role", ""))
        found = accounts_for(pair, role, kind, method)
        action, given, value = "map_account", {"role": role}, "account"
    return [
        Proposed(each, action, {**given, value: each.value} if action in offered else {})
        for each in found
    ]


_PROPOSED = frozenset({Reason.METHOD_UNMAPPED, Reason.ACCOUNT_UNMAPPED})

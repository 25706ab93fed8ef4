"""What people do about customers: each asks for its duty, checks with the ERP, and is audited."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from audit.acting import acting
from audit.roles import Duty, require
from integrations.models import Pair
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerLink, CustomerMerge
from mapping.services import links
from mapping.services.customers import deciding, merges
from mapping.services.customers.deciding import CustomerError
from reconciliation.services.customers import consequences
from reconciliation.services.desk.erp import require_customer
from reconciliation.services.desk.errors import DeskError

WORK: Final = Duty.WORK_EXCEPTIONS
APPROVE: Final = Duty.APPROVE_RULES


def trusted(actor: str, duty: Duty, about: str) -> None:
    """Raises PermissionDenied, or CustomerError for who is no active person."""
    who = acting(actor)
    if who is None:
        raise CustomerError(f"{actor or 'Nobody'} is no active user or key.")
    require(who, duty, ("customer", about))


def link_candidate(candidate: CustomerCandidate, actor: str) -> CustomerLink:
    trusted(actor, WORK, candidate.identity.ref)
    _there(candidate.identity.pair, candidate.erp.ref)
    return deciding.accept(candidate, actor)


def not_the_same(candidate: CustomerCandidate, actor: str, note: str) -> None:
    trusted(actor, WORK, candidate.identity.ref)
    deciding.refuse(candidate, actor, note)


def link_by_number(identity: CustomerIdentity, customer_id: str, actor: str) -> CustomerLink:
    """Link to a customer that was not suggested. Raises CustomerError."""
    trusted(actor, WORK, identity.ref)
    wanted = _there(identity.pair, customer_id)
    with transaction.atomic():
        made = links.link(identity.pair, identity.ref, wanted, actor, system=identity.system)
        deciding.settled_elsewhere(identity.pair, identity.system, identity.ref)
    return made


def unlink(row: CustomerLink, why: str, actor: str) -> None:
    trusted(actor, WORK, row.ref)
    deciding.take_back(row, actor, why)


def propose_merge(pair: Pair, kept_id: str, merged_id: str, why: str, actor: str) -> CustomerMerge:
    """Ask for a merge, with what it touches kept beside it. Raises CustomerError."""
    trusted(actor, WORK, merged_id)
    kept, merged = _there(pair, kept_id), _there(pair, merged_id)
    found = consequences.of_merge(pair, kept, merged)
    return merges.propose(
        pair, kept, merged, why, actor,
        consequences=[each.plain() for each in found], moves_money=bool(found),
    )  # fmt: skip


def agree_to_merge(merge: CustomerMerge, actor: str) -> list[str]:
    """Approve a merge that was asked for, or that one is taken back. Raises CustomerError."""
    trusted(actor, APPROVE, merge.merged_id)
    if merge.state == CustomerMerge.State.IN_FORCE and merge.undo_asked_by:
        return merges.undo(merge, actor)
    merges.approve(merge, actor)
    return []


def withdraw_merge(merge: CustomerMerge, actor: str) -> None:
    trusted(actor, WORK, merge.merged_id)
    merges.withdraw(merge, actor)


def undo_merge(merge: CustomerMerge, actor: str) -> list[str]:
    """Take a merge back, or ask for it where money moves. Raises CustomerError."""
    trusted(actor, WORK, merge.merged_id)
    if merge.moves_money and merge.undo_asked_by:
        raise CustomerError("It is asked for already; somebody who approves rules has to agree.")
    return merges.undo(merge, actor)


def _there(pair: Pair, customer_id: str) -> str:
    try:
        return require_customer(pair, customer_id)
    except DeskError as error:
        raise CustomerError(str(error)) from error

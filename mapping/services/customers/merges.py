"""Two ERP customers that are one party: merged with a second person where money moves, and back.

A merge changes links and where later payments go. What is booked stays where it is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from audit import guard
from audit import services as audit
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import LinkGround
from mapping.models import CustomerLink, CustomerLinkHistory, CustomerMerge
from mapping.services.customers.deciding import CustomerError

State = CustomerMerge.State


def propose(
    pair: Pair,
    kept_id: str,
    merged_id: str,
    why: str,
    actor: str,
    *,
    consequences: Sequence[dict[str, Any]],
    moves_money: bool,
) -> CustomerMerge:
    """Ask for a merge; it is in force at once where no money moves. Raises CustomerError."""
    if not why.strip():
        raise CustomerError("Say why they are one customer; the reason stays with the merge.")
    if kept_id == merged_id:
        raise CustomerError("A customer cannot be merged into itself.")
    _refuse_chains(pair, kept_id, merged_id)
    row = CustomerMerge(
        pair=pair,
        kept_id=kept_id,
        merged_id=merged_id,
        why=guard.inspect_text(why.strip()).text[:300],
        moves_money=moves_money,
        consequences=list(consequences),
        proposed_by=actor,
        proposed_at=wall_now(),
    )
    try:
        with transaction.atomic():
            row.save()
            _told(row, actor, "customer.merge_proposed", f"{merged_id} into {kept_id}: {row.why}")
            if not moves_money:
                _put_in_force(row, actor)
    except IntegrityError as error:
        raise CustomerError(f"{merged_id} is merged, or about to be, already.") from error
    return row


def approve(merge: CustomerMerge, actor: str) -> None:
    """Put a merge in force. Raises CustomerError for who asked for it."""
    with transaction.atomic():
        row = _locked(merge, State.PROPOSED)
        if row.proposed_by == actor:
            raise CustomerError("Another person has to approve a merge that moves money.")
        _refuse_chains(row.pair, row.kept_id, row.merged_id, but=row.pk)
        _put_in_force(row, actor)
    merge.refresh_from_db()


def withdraw(merge: CustomerMerge, actor: str) -> None:
    with transaction.atomic():
        row = _locked(merge, State.PROPOSED)
        row.state, row.decided_by, row.decided_at = State.WITHDRAWN, actor, wall_now()
        row.save()
        _told(row, actor, "customer.merge_withdrawn", f"{row.merged_id} into {row.kept_id}")
    merge.refresh_from_db()


def undo(merge: CustomerMerge, actor: str) -> list[str]:
    """Take a merge back; answers the links that stay, because somebody changed them since.

    Where money moves, the first call asks for it and another person's call does it.
    """
    with transaction.atomic():
        row = _locked(merge, State.IN_FORCE)
        if row.moves_money and row.undo_asked_by in ("", actor):
            if row.undo_asked_by == actor:
                raise CustomerError("Another person has to agree to what you asked for.")
            row.undo_asked_by = actor
            row.save()
            _told(row, actor, "customer.unmerge_proposed", f"{row.merged_id} out of {row.kept_id}")
            kept: list[str] = []
        else:
            kept = _restore(row, actor)
            row.state, row.undone_by, row.undone_at = State.UNDONE, actor, wall_now()
            row.save()
            _told(row, actor, "customer.unmerged", f"{row.merged_id} out of {row.kept_id}")
    merge.refresh_from_db()
    return kept


def _refuse_chains(pair: Pair, kept_id: str, merged_id: str, but: int = 0) -> None:
    """A customer that stays is not itself merged elsewhere: one look-up tells where money goes."""
    standing = CustomerMerge.objects.filter(
        pair=pair, state__in=(State.PROPOSED, State.IN_FORCE)
    ).exclude(pk=but)
    if standing.filter(merged_id=kept_id).exists():
        raise CustomerError(f"{kept_id} is merged into another customer itself.")
    if standing.filter(kept_id=merged_id).exists():
        raise CustomerError(f"Others are merged into {merged_id}; take those merges back first.")


def _locked(merge: CustomerMerge, state: str) -> CustomerMerge:
    row = (
        CustomerMerge.objects.select_for_update(of=("self",))
        .select_related("pair")
        .get(pk=merge.pk)
    )
    if row.state != state:
        raise CustomerError(f"The merge is {row.get_state_display().lower()} already.")
    return row


def _put_in_force(row: CustomerMerge, actor: str) -> None:
    links = list(
        CustomerLink.objects.select_for_update()
        .filter(pair=row.pair, customer_id=row.merged_id)
        .order_by("pk")
    )
    row.before = [
        {
            "system": link.system,
            "ref": link.ref,
            "ground": link.ground,
            "made_by": link.made_by,
            "made_at": link.made_at.isoformat(),
        }
        for link in links
    ]
    for link in links:
        _move(link, row.kept_id, actor, f"{row.merged_id} is merged into {row.kept_id}")
    row.state, row.decided_by, row.decided_at = State.IN_FORCE, actor, wall_now()
    row.save()
    _told(row, actor, "customer.merged", f"{row.merged_id} into {row.kept_id}")


def _move(link: CustomerLink, customer_id: str, actor: str, why: str) -> None:
    CustomerLinkHistory.objects.create(
        pair=link.pair, system=link.system, ref=link.ref, from_customer=link.customer_id,
        to_customer=customer_id, ground=LinkGround.MERGE, why=why, actor=actor, at=wall_now(),
    )  # fmt: skip
    link.customer_id, link.ground = customer_id, LinkGround.MERGE
    link.save(update_fields=["customer_id", "ground"])


def _restore(row: CustomerMerge, actor: str) -> list[str]:
    """Each link that the merge moved is as it was; one that was changed since is left alone."""
    stay = []
    for was in row.before:
        link = (
            CustomerLink.objects.select_for_update()
            .filter(pair=row.pair, system=was["system"], ref=was["ref"])
            .first()
        )
        if link is None or link.customer_id != row.kept_id or link.ground != LinkGround.MERGE:
            stay.append(was["ref"])
            continue
        _move(link, row.merged_id, actor, f"{row.merged_id} is its own customer again")
        CustomerLink.objects.filter(pk=link.pk).update(
            ground=was["ground"], made_by=was["made_by"], made_at=was["made_at"]
        )
    return stay


def _told(row: CustomerMerge, actor: str, kind: str, said: str) -> None:
    audit.record(
        kind,
        ("customer_merge", str(row.pk)),
        actor=actor,
        summary=said,
        details={"pair": row.pair_id, "kept": row.kept_id, "merged": row.merged_id},
    )

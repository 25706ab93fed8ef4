"""What a person says of a candidate: the same, not the same, and back again."""

from __future__ import annotations

from django.db import transaction

from audit import guard
from audit import services as audit
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import CandidateState, LinkGround
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerLink
from mapping.services.links import forget, link


class CustomerError(Exception):
    """Nothing has changed; the message is for the person who asked."""


def accept(candidate: CustomerCandidate, actor: str) -> CustomerLink:
    """Link the two. Raises CustomerError where somebody has decided otherwise meanwhile."""
    with transaction.atomic():
        locked = _open(candidate)
        identity = locked.identity
        there = CustomerLink.objects.filter(
            pair=identity.pair, system=identity.system, ref=identity.ref
        ).first()
        if there is not None and there.customer_id != locked.erp.ref:
            raise CustomerError(
                f"{identity.ref} is linked to customer {there.customer_id} already."
            )
        made = link(
            identity.pair, identity.ref, locked.erp.ref, actor,
            system=identity.system, ground=LinkGround.PERSON, why=locked.why,
        )  # fmt: skip
        _decided(locked, CandidateState.LINKED, actor, "")
    candidate.refresh_from_db()
    return made


def refuse(candidate: CustomerCandidate, actor: str, note: str = "") -> None:
    """Say that the two are not the same customer; they are not suggested again."""
    with transaction.atomic():
        locked = _open(candidate)
        _decided(locked, CandidateState.NOT_SAME, actor, note)
        audit.record(
            "customer.not_same",
            ("customer", locked.identity.ref),
            actor=actor,
            summary=f"{locked.identity.ref} is not customer {locked.erp.ref}. {note}".strip(),
        )
    candidate.refresh_from_db()


def take_back(row: CustomerLink, actor: str, why: str) -> None:
    """Undo a link, or raise CustomerError; what was booked under it stays booked."""
    if not why.strip():
        raise CustomerError("Say why; the reason stays with the history of the link.")
    with transaction.atomic():
        locked = CustomerLink.objects.select_for_update().filter(pk=row.pk).first()
        if locked is None:
            raise CustomerError("The link is gone already.")
        pair, system, ref = locked.pair, locked.system, locked.ref
        customer = locked.customer_id
        forget(locked, actor, why.strip())
        CustomerCandidate.objects.filter(
            identity__pair=pair, identity__system=system, identity__ref=ref,
            erp__ref=customer, state=CandidateState.LINKED,
        ).update(
            state=CandidateState.NOT_SAME, decided_by=actor, decided_at=wall_now(),
            note=guard.inspect_text(why.strip()).text[:300],
        )  # fmt: skip
        look_again(pair, system, ref)


def look_again(pair: Pair, system: str, ref: str) -> None:
    CustomerIdentity.objects.filter(pair=pair, system=system, ref=ref).update(is_looked_up=False)


def _open(candidate: CustomerCandidate) -> CustomerCandidate:
    locked = (
        CustomerCandidate.objects.select_for_update(of=("self",))
        .select_related("identity__pair", "erp")
        .get(pk=candidate.pk)
    )
    if locked.state != CandidateState.OPEN:
        raise CustomerError(f"This is decided: {locked.get_state_display().lower()}.")
    return locked


def _decided(candidate: CustomerCandidate, state: str, actor: str, note: str) -> None:
    candidate.state, candidate.decided_by = state, actor
    candidate.decided_at = wall_now()
    candidate.note = guard.inspect_text(note.strip()).text[:300]
    candidate.save()
    if state == CandidateState.LINKED:
        CustomerCandidate.objects.filter(
            identity=candidate.identity, state=CandidateState.OPEN
        ).update(state=CandidateState.GONE)


def settled_elsewhere(pair: Pair, system: str, ref: str) -> None:
    """Close the open candidates of a customer that was linked by another way."""
    CustomerCandidate.objects.filter(
        identity__pair=pair, identity__system=system, identity__ref=ref,
        state=CandidateState.OPEN,
    ).update(state=CandidateState.GONE)  # fmt: skip

"""Suggestions as a page shows them: field by field, and what a score of that kind was worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Prefetch, QuerySet

from integrations.models import Pair
from mapping.choices import CandidateState, IdentitySystem, LinkSystem
from mapping.customers.identity import Address, Identity, System
from mapping.customers.matching import Match
from mapping.customers.measured import Measured, experience, experience_of
from mapping.customers.prepared import prepare
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerSource
from mapping.services.customers.candidates import matches_of
from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.customers.reading import party_of
from reconciliation.services.pairs import of_gateway

FIELDS: Final = {
    "number": "Number", "name": "Name", "email": "E-mail", "phone": "Telephone",
    "tax_number": "Tax number", "address": "Address",
}  # fmt: skip
TONES: Final = {
    "same": "good",
    "close": "good",
    "partly": "warn",
    "differs": "bad",
    "absent": "mute",
}
WORDS: Final = {
    "same": "same", "close": "alike", "partly": "partly", "differs": "differs",
    "absent": "one side",
}  # fmt: skip
#: On the desk, so many are shown beside an unknown payer.
ON_THE_DESK: Final = 3
MOST_SHOWN: Final = 5


@dataclass(frozen=True)
class FieldRow:
    label: str
    left: str
    right: str
    word: str
    tone: str
    said: str


@dataclass(frozen=True)
class Shown:
    """One suggestion with its evidence, and how often such ones were right."""

    pk: int
    customer_id: str
    name: str
    why: str
    against: Sequence[str]
    rows: Sequence[FieldRow]
    labelled: str
    here: str


def shown(candidate: CustomerCandidate) -> Shown:
    return Shown(
        candidate.pk,
        candidate.erp.ref,
        candidate.erp.name,
        candidate.why,
        candidate.against,
        _rows(candidate.evidence),
        experience_of(candidate.step).words,
        experience_here(candidate),
    )


def _rows(evidence: Sequence[Mapping[str, Any]]) -> list[FieldRow]:
    by_field = {each["field"]: each for each in evidence}
    found = [(label, by_field[name]) for name, label in FIELDS.items() if name in by_field]
    return [
        FieldRow(
            label,
            each["left"],
            each["right"],
            WORDS[each["verdict"]],
            TONES[each["verdict"]],
            each["words"],
        )
        for label, each in found
    ]


def experience_here(candidate: CustomerCandidate) -> str:
    """How people of this pair decided about suggestions of the same kind."""
    pair = candidate.identity.pair_id
    decided = (
        CustomerCandidate.objects.filter(identity__pair=pair, step=candidate.step)
        .filter(state__in=(CandidateState.LINKED, CandidateState.NOT_SAME))
        .exclude(decided_by="worker")
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    counts = dict(decided)
    right, of = counts.get(CandidateState.LINKED, 0), sum(counts.values())
    if not of:
        return "Nobody has decided about one like this here yet."
    return Measured(candidate.step, right, of).here


@dataclass(frozen=True)
class DeskCandidate:
    """What the desk shows beside an unknown payer."""

    customer_id: str
    name: str
    why: str
    labelled: str


def payers_of(item: ExceptionItem) -> list[DeskCandidate]:
    """The best ERP customers for an unknown payer, from what the gateway showed of them."""
    row = item.transaction
    if item.reason != Reason.CUSTOMER_UNKNOWN or row is None:
        return []
    pair = of_gateway(row.connection_id)
    if pair is None:
        return []
    found = matches_of(pair, prepare(_payer(pair, row)))
    return [_desk_candidate(match) for match in found[:ON_THE_DESK]]


def _payer(pair: Pair, row: Transaction) -> Identity:
    party = party_of(row.payer)
    known = (
        CustomerIdentity.objects.filter(
            pair=pair, system=IdentitySystem.GATEWAY, ref=row.customer_ref
        ).first()
        if row.customer_ref
        else None
    )
    return Identity(
        System.GATEWAY,
        row.customer_ref,
        party.name or (known.name if known else ""),
        party.email or (known.email if known else ""),
        party.phone or (known.phone if known else ""),
        address=Address(party.lines, party.city, party.region, party.postcode, party.country),
    )


def _desk_candidate(match: Match) -> DeskCandidate:
    identity = match.candidate.identity
    why = " ".join([match.scored.why, *(f"Look: {said}." for said in match.scored.against)])
    return DeskCandidate(identity.ref, identity.name, why, experience(match.scored).words)


def sources_of() -> list[CustomerSource]:
    return list(CustomerSource.objects.select_related("pair__erp", "pair__gateway").order_by("pk"))


def open_candidates(identity: CustomerIdentity) -> QuerySet[CustomerCandidate]:
    """The best suggestions for a customer that nobody has decided about."""
    found = identity.candidates.filter(state=CandidateState.OPEN).select_related("erp", "identity")
    return found.order_by("tier", "-score", "pk")[:MOST_SHOWN]


def with_suggestions(found: QuerySet[CustomerIdentity]) -> QuerySet[CustomerIdentity]:
    """Each with its `suggestions` that nobody has decided about, the best first."""
    still_open = CustomerCandidate.objects.filter(state=CandidateState.OPEN).select_related("erp")
    ordered = still_open.order_by("tier", "-score", "pk")
    return found.prefetch_related(Prefetch("candidates", ordered, to_attr="suggestions"))


def waiting_customers() -> Any:
    """Customers of the gateway or CRM that have open suggestions."""
    open_ones = CustomerCandidate.objects.filter(state=CandidateState.OPEN).values("identity_id")
    return CustomerIdentity.objects.filter(
        pk__in=open_ones, system__in=LinkSystem.values
    ).select_related("pair")

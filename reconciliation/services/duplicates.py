"""Which facts repeat what is known, and which come back to what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from integrations.canonical import FactKind
from integrations.choices import EnvelopeSource, FactEnd
from integrations.models import Connection, Envelope, Fact

#: What the vendor is asked for again and again, so that it can come back to an earlier meaning.
COMES_BACK: Final = (FactKind.TRANSACTION.value, FactKind.BATCH.value)
#: What its sender says again under a message of its own: a repeat would have the same one.
SAID_AGAIN: Final = FactKind.ORDER.value

#: Kind and vendor id of what a fact is about.
About = tuple[str, str]
#: Kind and name of the document that tells it, and what it is about.
Told = tuple[str, str, About]


def mark_duplicates(
    connection: Connection, facts: Sequence[Fact], envelopes: Sequence[Envelope]
) -> None:
    """A fact of the same meaning is booked once: the others name the one that was first.

    A meaning that comes back after another one is booked again, as its next turn. That is so for
    a fresh reading of the vendor only, and only where the document itself did not say the same in
    its reading before: a page that is stored again because of other records in it repeats what
    it always said, and says nothing new against a later reading elsewhere.
    """
    booking = [fact for fact in facts if fact.end == FactEnd.BOOKED]
    firsts: dict[tuple[About, str], Fact] = {}
    turns: dict[tuple[About, str], int] = {}
    current: dict[About, str] = {}
    for fact in _booked(connection, booking):
        about = (fact.kind, fact.vendor_id)
        firsts.setdefault((about, fact.meaning_hash), fact)
        turns[about, fact.meaning_hash] = fact.turn
        current[about] = fact.meaning_hash
    sources = {envelope.pk: envelope for envelope in envelopes}
    said = _said(connection, booking, sources, current)
    for fact in booking:
        about = (fact.kind, fact.vendor_id)
        meaning = (about, fact.meaning_hash)
        envelope = sources[fact.envelope_id]
        told = (envelope.kind, envelope.name, about)
        is_back = (
            meaning in firsts
            and current[about] != fact.meaning_hash
            and _may_come_back(fact, envelope)
            and said.get(told) != fact.meaning_hash
        )
        if meaning in firsts and not is_back:
            fact.end, fact.duplicate_of = FactEnd.DUPLICATE, firsts[meaning]
        else:
            fact.turn = turns[meaning] = turns.get(meaning, 0) + 1
            firsts.setdefault(meaning, fact)
            current[about] = fact.meaning_hash
        said[told] = fact.meaning_hash


def _may_come_back(fact: Fact, envelope: Envelope) -> bool:
    if fact.kind == SAID_AGAIN:
        return envelope.source == EnvelopeSource.WEBHOOK
    return fact.kind in COMES_BACK and envelope.source == EnvelopeSource.PULL


def _booked(connection: Connection, facts: Sequence[Fact]) -> list[Fact]:
    """What is booked about the same things, the oldest first."""
    return list(
        Fact.objects.filter(
            connection=connection,
            end=FactEnd.BOOKED,
            kind__in={fact.kind for fact in facts},
            vendor_id__in={fact.vendor_id for fact in facts},
        ).order_by("id")
    )


def _said(
    connection: Connection,
    facts: Sequence[Fact],
    sources: dict[int, Envelope],
    current: dict[About, str],
) -> dict[Told, str]:
    """What each document said before about things that it now tells otherwise than the books."""
    other = {
        (fact.kind, fact.vendor_id)
        for fact in facts
        if current.get((fact.kind, fact.vendor_id), fact.meaning_hash) != fact.meaning_hash
    }
    doubtful = [fact for fact in facts if (fact.kind, fact.vendor_id) in other]
    if not doubtful:
        return {}
    rows = (
        Fact.objects.filter(
            connection=connection,
            kind__in={fact.kind for fact in doubtful},
            vendor_id__in={fact.vendor_id for fact in doubtful},
            envelope__name__in={sources[fact.envelope_id].name for fact in doubtful},
        )
        .exclude(meaning_hash="")
        .order_by("id")
        .values_list("envelope__kind", "envelope__name", "kind", "vendor_id", "meaning_hash")
    )
    return {(kind, name, (about, ref)): meaning for kind, name, about, ref, meaning in rows}

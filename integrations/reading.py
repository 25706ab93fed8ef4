"""What became of the lines of a statement file: for its page and for the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count

from integrations.choices import EnvelopeState, FactEnd
from integrations.models import Envelope, Fact

REFUSED_SHOWN: Final = 50


@dataclass(frozen=True)
class Reading:
    """What became of the lines of one statement file."""

    is_read: bool
    new: int
    known: int
    refused: int
    refusals: Sequence[Fact]
    problem: str


def reading_of(envelope: Envelope) -> Reading:
    """Ignored lines count as new: they are kept, and only no card deposits."""
    facts = Fact.objects.filter(envelope=envelope)
    ends = dict(facts.order_by().values_list("end").annotate(number=Count("id")))
    refused = ends.get(FactEnd.UNREADABLE, 0) + ends.get(FactEnd.BLOCKED, 0)
    refusals = facts.filter(end__in=(FactEnd.UNREADABLE, FactEnd.BLOCKED)).order_by("position")
    return Reading(
        envelope.state != EnvelopeState.RECEIVED and not ends.get(FactEnd.RECEIVED, 0),
        ends.get(FactEnd.BOOKED, 0) + ends.get(FactEnd.IGNORED, 0),
        ends.get(FactEnd.DUPLICATE, 0),
        refused,
        list(refusals[:REFUSED_SHOWN]) if refused else [],
        envelope.problem,
    )

"""An envelope is opened for somebody, on record: its bytes as text, its facts and their ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Count

from audit import services as audit
from audit.acting import Someone
from audit.roles import Duty, require
from integrations.models import Envelope, Fact
from integrations.normalised import Step
from integrations.services import vault
from integrations.services.intake import open_body
from integrations.services.normalising import steps_in

#: So much of an envelope is shown; the rest is said and not shown.
SHOWN_BYTES: Final = 64_000
SHOWN_FACTS: Final = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """`closed` says why the bytes cannot be opened; what the guard removed is not in them.

    facts: the first ones, by position. ends: each end with the number of facts that have it.
    """

    text: str
    is_cut: bool
    closed: str
    facts: Sequence[Fact]
    ends: Sequence[tuple[str, int]]
    steps: Sequence[Step] = ()


def look(envelope: Envelope, who: Someone, fact: int | None = None) -> Seen:
    """Open an envelope for who is trusted with it. Each look is recorded, each refusal as well.

    fact: a position; its `steps` lead from the bytes to its record.
    """
    require(who, Duty.VIEW_ENVELOPES, ("envelope", str(envelope.pk)))
    with transaction.atomic():
        audit.record(
            "envelope.opened",
            ("envelope", str(envelope.pk)),
            actor=audit.user_actor(who),
            summary=f"The bytes of a {envelope.kind} of {envelope.connection.name} were shown.",
        )
    facts = Fact.objects.filter(envelope=envelope)
    text, is_cut, closed = "", False, ""
    steps: Sequence[Step] = ()
    try:
        body = open_body(envelope)
        text, is_cut = readable(body)
        steps = () if fact is None else steps_in(envelope, body, fact)
    except vault.VaultError as error:
        closed = f"It cannot be opened. {error}"
    return Seen(
        text,
        is_cut,
        closed,
        list(facts.select_related("duplicate_of").order_by("position")[:SHOWN_FACTS]),
        list(facts.order_by("end").values_list("end").annotate(number=Count("id"))),
        steps,
    )


def readable(body: bytes) -> tuple[str, bool]:
    """The beginning of a body as text, JSON with line breaks; and whether there is more."""
    if len(body) <= SHOWN_BYTES:
        try:
            return json.dumps(json.loads(body), indent=2, ensure_ascii=False)[:SHOWN_BYTES], False
        except ValueError:
            return body.decode(errors="replace"), False
    return body[:SHOWN_BYTES].decode(errors="replace"), True

"""Envelopes: what came in, as bytes, for those who may look. Each look is recorded."""

from __future__ import annotations

import json
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit import services as audit
from audit.roles import Duty
from console.views import ListPage
from integrations import tables
from integrations.filters import EnvelopeFilter
from integrations.models import Envelope, Fact
from integrations.normalised import Step
from integrations.pages import DutyPage
from integrations.services import vault
from integrations.services.intake import open_body
from integrations.services.normalising import steps_in

#: A page shows so much of an envelope; the rest is said and not shown.
SHOWN_BYTES: Final = 64_000
SHOWN_FACTS: Final = 200


class EnvelopeList(DutyPage, ListPage):
    title = "Envelopes"
    duty = Duty.VIEW_ENVELOPES
    table = tables.ENVELOPES
    filter_class = EnvelopeFilter
    empty = "Whatever a gateway sends, a poll reads or a person uploads is kept here as it came."

    def rows(self) -> QuerySet[Envelope]:
        return Envelope.objects.select_related("connection").defer(
            "body", "headers", "context", "guard_findings"
        )


class EnvelopeDetail(DutyPage):
    """Bytes, facts and their ends. What the guard removed is not there to be shown."""

    duty = Duty.VIEW_ENVELOPES

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        envelope = get_object_or_404(Envelope.objects.select_related("connection"), pk=pk)
        with transaction.atomic():
            audit.record(
                "envelope.opened",
                ("envelope", str(envelope.pk)),
                actor=audit.user_actor(request.user),
                summary=f"The bytes of a {envelope.kind} of {envelope.connection.name} were shown.",
            )
        facts = Fact.objects.filter(envelope=envelope)
        shown, is_cut, closed = "", False, ""
        position = request.GET.get("fact", "")[:9]
        steps: list[Step] = []
        try:
            body = open_body(envelope)
            shown, is_cut = readable(body)
            steps = steps_in(envelope, body, int(position)) if position.isdecimal() else []
        except vault.VaultError as error:
            closed = f"It cannot be opened. {error}"
        context = {
            "title": f"Envelope {envelope.pk}",
            "envelope": envelope,
            "tone": tables.ENVELOPE_TONES[envelope.state],
            "closed": closed,
            "shown": shown,
            "is_cut": is_cut,
            "facts": list(facts.select_related("duplicate_of").order_by("position")[:SHOWN_FACTS]),
            "position": position,
            "steps": steps,
            "ends": list(facts.order_by("end").values_list("end").annotate(number=Count("id"))),
        }
        return render(request, "integrations/envelope.html", context)


def readable(body: bytes) -> tuple[str, bool]:
    """The beginning of a body as text, JSON with line breaks; and whether there is more."""
    if len(body) <= SHOWN_BYTES:
        try:
            return json.dumps(json.loads(body), indent=2, ensure_ascii=False)[:SHOWN_BYTES], False
        except ValueError:
            return body.decode(errors="replace"), False
    return body[:SHOWN_BYTES].decode(errors="replace"), True

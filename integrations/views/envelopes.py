"""Envelopes: what came in, as bytes, for those who may look. Each look is recorded."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty
from console.views import ListPage
from integrations import tables
from integrations.filters import EnvelopeFilter
from integrations.models import Envelope
from integrations.pages import DutyPage
from integrations.services.envelope_look import look


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
        position = request.GET.get("fact", "")[:9]
        fact = int(position) if position.isdecimal() else None
        seen = look(envelope, self.user, fact)
        context = {
            "title": f"Envelope {envelope.pk}",
            "envelope": envelope,
            "tone": tables.ENVELOPE_TONES[envelope.state],
            "closed": seen.closed,
            "shown": seen.text,
            "is_cut": seen.is_cut,
            "facts": seen.facts,
            "position": position,
            "steps": seen.steps,
            "ends": seen.ends,
        }
        return render(request, "integrations/envelope.html", context)

"""Statement files: take one, and say what became of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, require
from audit.services import user_actor
from console.fragments import answer
from integrations.choices import EnvelopeSource, EnvelopeState, FactEnd
from integrations.forms import StatementForm
from integrations.models import Envelope, Fact
from integrations.pages import DutyPage
from integrations.services.intake import receive_file

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


class StatementUpload(DutyPage):
    duty = Duty.UPLOAD_STATEMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, StatementForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        require(request.user, Duty.UPLOAD_STATEMENTS)
        form = StatementForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, 422)
        file = form.cleaned_data["file"]
        received = receive_file(
            form.cleaned_data["connection"], file.name, file.read(), user_actor(request.user)
        )
        url = reverse("statement", args=[received.envelope_id])
        return HttpResponseRedirect(url if received.is_new else f"{url}?known=1")

    def _page(self, request: HttpRequest, form: StatementForm, status: int) -> HttpResponse:
        recent = (
            Envelope.objects.filter(source=EnvelopeSource.FILE, kind="statement")
            .select_related("connection")
            .defer("body", "headers", "guard_findings")
            .order_by("-id")[:8]
        )
        context = {"title": "Upload a statement", "form": form, "recent": list(recent)}
        return render(request, "integrations/statement_upload.html", context, status=status)


class StatementDetail(DutyPage):
    """Asks again every two seconds until the drain has read the file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = Envelope.objects.select_related("connection").defer("body")
        envelope = get_object_or_404(found, pk=pk, kind="statement")
        context = {
            "title": envelope.name or "Statement",
            "envelope": envelope,
            "reading": reading_of(envelope),
            "was_known": "known" in request.GET,
        }
        return answer(request, "integrations/statement.html", context, "reading")


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

"""Statement files: take one, and say what became of its lines."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, require
from audit.services import user_actor
from console.fragments import answer
from integrations.choices import EnvelopeSource
from integrations.forms import StatementForm
from integrations.models import Envelope
from integrations.pages import DutyPage
from integrations.reading import reading_of
from integrations.services.intake import receive_file


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

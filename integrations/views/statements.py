"""Files of statements and of orders: take one, and say what became of its lines."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, require
from audit.services import user_actor
from console.fragments import answer
from integrations.choices import EnvelopeSource
from integrations.forms import OrderFileForm, StatementForm
from integrations.models import Envelope
from integrations.pages import DutyPage
from integrations.reading import reading_of
from integrations.services.intake import receive_file


class StatementUpload(DutyPage):
    duty = Duty.UPLOAD_STATEMENTS
    kind = "statement"
    title = "Upload a statement"
    form_class: type[StatementForm] = StatementForm
    template_name = "integrations/statement_upload.html"
    detail = "statement"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, self.form_class(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        require(request.user, Duty.UPLOAD_STATEMENTS)
        form = self.form_class(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, 422)
        file = form.cleaned_data["file"]
        received = receive_file(
            form.cleaned_data["connection"], file.name, file.read(), user_actor(request.user)
        )
        url = reverse(self.detail, args=[received.envelope_id])
        return HttpResponseRedirect(url if received.is_new else f"{url}?known=1")

    def _page(self, request: HttpRequest, form: StatementForm, status: int) -> HttpResponse:
        recent = (
            Envelope.objects.filter(source=EnvelopeSource.FILE, kind=self.kind)
            .select_related("connection")
            .defer("body", "headers", "guard_findings")
            .order_by("-id")[:8]
        )
        context = {"title": self.title, "form": form, "recent": list(recent)}
        return render(request, self.template_name, context, status=status)


class StatementDetail(DutyPage):
    """Asks again every two seconds until the drain has read the file."""

    kind = "statement"
    title = "Statement"
    template_name = "integrations/statement.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = Envelope.objects.select_related("connection").defer("body")
        envelope = get_object_or_404(found, pk=pk, kind=self.kind)
        context = {
            "title": envelope.name or self.title,
            "envelope": envelope,
            "reading": reading_of(envelope),
            "was_known": "known" in request.GET,
        }
        return answer(request, self.template_name, context, "reading")


class OrderUpload(StatementUpload):
    kind = "orders"
    title = "Upload orders"
    form_class = OrderFileForm
    template_name = "integrations/order_upload.html"
    detail = "order-file"


class OrderFile(StatementDetail):
    kind = "orders"
    title = "File of orders"
    template_name = "integrations/order_file.html"

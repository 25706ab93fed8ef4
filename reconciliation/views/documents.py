"""ERP documents: as our postings know them, and as they were read back."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from audit.roles import Duty, may, require
from console.tables import Table
from console.views import ListPage
from integrations.choices import FINAL_STATES
from integrations.drafts import DocumentKind
from integrations.errors import EdgeError
from integrations.pages import DutyPage
from integrations.standing import owed_fields
from reconciliation.choices import EffectKind
from reconciliation.customer_names import customer_name, documents_with_names
from reconciliation.document_page import applied_rows, field_rows, line_rows
from reconciliation.document_table import DOCUMENTS, erp_batch, reading_of
from reconciliation.document_timeline import document_steps
from reconciliation.filters import DocumentFilter
from reconciliation.models import Effect
from reconciliation.questions import erp_documents
from reconciliation.rate_words import rate_in_words
from reconciliation.services import read_documents

SHOWN: Final = 50
#: Joined. What else a page shows is fetched apart: beyond some eight tables, weighing their orders
#: against each other takes the database longer than reading them.
RELATED: Final = ("posting__target", "posting__group", "posting__reading")

#: What the columns of the list show, of the effect itself and of what is joined to it.
OWN: Final = ("pair", "kind", "transaction", "batch", "line", "order", "business_on")
AROUND: Final = (
    *(f"posting__{each}" for each in ("kind", "state", "amount", "currency", "company")),
    *(f"posting__{each}" for each in ("document_no", "batch_ref", "group__document_no")),
    *(f"posting__{each}" for each in ("target__name", "reading__verdict")),
    *(f"posting__reading__{each}" for each in ("differing", "changed_by")),
    *(f"transaction__{each}" for each in ("vendor_id", "customer_id", "payer")),
)


class DocumentList(DutyPage, ListPage):
    title = "ERP documents"
    table = DOCUMENTS
    filter_class = DocumentFilter
    template_name = "reconciliation/documents.html"
    counted_to = 2_000
    empty = "A document appears here when the ERP has taken a posting."

    def summed(self, request: HttpRequest, table: Table[Effect]) -> dict[str, Any]:
        """Of one kind alone: a receipt and the journal of its deposit are the same money."""
        kind = request.GET.get("kind", "")
        return table.sums if kind and kind != EffectKind.ERP_BATCH else {}

    def rows(self) -> QuerySet[Effect]:
        found = erp_documents().select_related(*RELATED, "transaction").only(*OWN, *AROUND)
        return documents_with_names(found).prefetch_related("batch", "line", "order")


class DocumentDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        effect = _document(pk)
        posting, reading = effect.posting, reading_of(effect)
        is_final = posting.state in FINAL_STATES
        owed = owed_fields(posting.draft) | {"status": "posted" if is_final else "entered"}
        found = reading.fields if reading and reading.fields else None
        findings = list(posting.findings.select_related("census").order_by("id")[:SHOWN])
        reservations = list(effect.reservations.all())
        numbers = {each.item_key: each.document_no for each in reservations}
        members = erp_documents().filter(posting__group=posting).select_related("posting")
        context = {
            "title": f"{effect.get_kind_display()} {posting.document_no}",
            "effect": effect,
            "rate": rate_in_words(effect.transaction) if effect.transaction else None,
            "posting": posting,
            "customer_name": customer_name(effect, effect.transaction),
            "reading": reading,
            "erp_batch": erp_batch(effect),
            "batch_document": Effect.objects.filter(posting=posting.group_id).first(),
            "fields": field_rows(owed, found, reading.differing if reading else ()),
            "applied": applied_rows(
                owed.get("applications", ""),
                found.get("applications", "") if found else None,
                lambda key: numbers.get(key, key),
            ),
            "lines": line_rows(owed.get("lines", ""), found.get("lines", "") if found else None),
            "is_batch": posting.kind == DocumentKind.BATCH,
            "members": list(
                members.select_related("posting", "transaction").order_by("id")[:SHOWN]
            ),
            "corrections": list(effect.corrections.select_related("posting").order_by("id")),
            "exceptions": list(posting.exceptions.order_by("id")[:SHOWN]),
            "steps": document_steps(
                effect, reading, findings, may_open=may(request.user, Duty.VIEW_ENVELOPES)
            ),
            "may_read": may(request.user, Duty.WORK_EXCEPTIONS),
        }
        return render(request, "reconciliation/document.html", context)


class ReadNow(DutyPage):
    """Look the document up in the ERP at once; nothing is sent."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        effect = _document(pk)
        try:
            verdict = read_documents.read_now(effect, self.user)
        except EdgeError as error:
            messages.error(request, f"The ERP could not be read: {error.message}")
        else:
            messages.success(request, f"Read back just now: {verdict.lower()}.")
        return redirect("document", pk)


def _document(pk: int) -> Effect:
    found = documents_with_names(erp_documents().select_related(*RELATED, "transaction"))
    found = found.prefetch_related(
        "batch__connection", "line", "version", "pair", "corrects__posting"
    ).prefetch_related("transaction__batch", "transaction__connection")
    return get_object_or_404(found, pk=pk)

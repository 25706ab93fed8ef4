"""Settlement batches, their certificates, and the bank lines that pay them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header

from audit import services as audit
from audit.roles import Duty, may
from console.fragments import answer
from console.keyset import CursorError, fetch_page
from console.views import ListPage
from console.views.addresses import address
from integrations.pages import DutyPage
from integrations.plain import canonical_json
from reconciliation import tables
from reconciliation.certificate_page import certificate_page
from reconciliation.comparison import of_batch
from reconciliation.customer_names import transactions_with_names
from reconciliation.filters import BankLineFilter, BatchFilter
from reconciliation.models import BankLine, Certificate, Match, SettlementBatch
from reconciliation.reported import reported_anew

MEMBERS_PER_PAGE = 25


class BatchList(DutyPage, ListPage):
    title = "Settlement batches"
    table = tables.BATCHES
    filter_class = BatchFilter
    empty = "A batch appears here when a gateway closes one."

    def rows(self) -> QuerySet[SettlementBatch]:
        return SettlementBatch.objects.select_related("connection")


class BatchDetail(DutyPage):
    """Totals, differences, bank lines, certificates, and the members a page at a time."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = SettlementBatch.objects.select_related("connection")
        batch = get_object_or_404(found, pk=pk)
        members = tables.MEMBERS
        rows = transactions_with_names(batch.transactions.prefetch_related(tables.EFFECTS))
        try:
            page = fetch_page(rows, members.order, request.GET.get("page", ""), MEMBERS_PER_PAGE)
        except CursorError:
            page = fetch_page(rows, members.order, "", MEMBERS_PER_PAGE)
        context = {
            "title": f"Batch {batch.vendor_ref}",
            "batch": batch,
            "minus_refunds": -batch.refunds_amount,
            "minus_fees": -batch.fee_amount,
            "table": members,
            "heads": members.heads(members.order, lambda name: ""),
            "rows": members.rows(page.rows),
            "count": batch.transactions.count(),
            "next_url": page.next_cursor and address(request.GET, page=page.next_cursor),
            "previous_url": page.previous_cursor
            and address(request.GET, page=page.previous_cursor),
        }
        if "page" not in request.GET or not request.headers.get("HX-Request"):
            context |= {
                "comparison": of_batch(batch),
                "matches": list(batch.matches.select_related("line")),
                "certificates": list(batch.certificates.order_by("-number")),
                "anew": reported_anew(batch, may_open=may(request.user, Duty.VIEW_ENVELOPES)),
                "exceptions": list(batch.exceptions.order_by("id")[:20]),
                "effects": list(
                    batch.effects.filter(transaction__isnull=True).select_related("posting__group")
                ),
            }
        return answer(request, "reconciliation/batch.html", context, "members")


class CertificateDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        found = Certificate.objects.select_related("batch__connection", "supersedes")
        certificate = get_object_or_404(found, batch_id=pk, number=number)
        newer = Certificate.objects.filter(supersedes=certificate).first()
        context = {
            "title": f"Tie-out certificate, batch {certificate.batch.vendor_ref}",
            "certificate": certificate,
            "document": certificate_page(certificate.body),
            "newer": newer,
            "may_export": self.may_export(request),
        }
        return render(request, "reconciliation/certificate.html", context)


class CertificateFile(DutyPage):
    """The certificate as the bytes that its hash is of: whoever has the file checks it alone."""

    duty = Duty.EXPORT

    def get(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        found = Certificate.objects.select_related("batch")
        certificate = get_object_or_404(found, batch_id=pk, number=number)
        batch = certificate.batch
        with transaction.atomic():
            audit.record(
                "certificate.exported",
                ("batch", str(batch.pk)),
                actor=audit.user_actor(request.user),
                summary=f"Certificate {number} of batch {batch.vendor_ref} taken as a file.",
                details={"certificate": number, "hash": certificate.body_hash},
            )
        response = HttpResponse(canonical_json(certificate.body), content_type="application/json")
        name = f"certificate-{batch.vendor_ref}-{number}.json"
        response["Content-Disposition"] = content_disposition_header(True, name)
        return response


class BankLineList(DutyPage, ListPage):
    title = "Bank lines"
    table = tables.BANK_LINES
    filter_class = BankLineFilter
    template_name = "reconciliation/bank_lines.html"
    empty = "Upload a bank statement, or connect a folder of statements."

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        found = super().context(request, selection, current)
        return found | {"may_upload": may(request.user, Duty.UPLOAD_STATEMENTS)}

    def rows(self) -> QuerySet[BankLine]:
        matches = Match.objects.select_related("batch").order_by("id")
        return BankLine.objects.select_related("connection").prefetch_related(
            Prefetch("matches", queryset=matches)
        )

"""One invoice: what the books put on it at once, and what the ERP says as soon as it answers."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from console.asked import asked, require_number
from console.fragments import answer, wanted_fragment
from integrations.models import Pair
from integrations.money import sums
from integrations.pages import DutyPage
from reconciliation import invoice_page
from reconciliation.services.erp_now import ErpNow, invoices_named, orders_named

PAGE: Final = "reconciliation/invoice.html"
NOW: Final = "erp-now"


class InvoiceDetail(DutyPage):
    """Without scripts the ERP is asked by a link: `?now=1` gives the page with its answer.

    `?key=` is the ERP's own key, for an invoice of which the books know nothing yet.
    """

    def get(self, request: HttpRequest, pk: int, number: str) -> HttpResponse:
        require_number(number, invoice_page.LONGEST)
        pair = get_object_or_404(Pair.objects.select_related("erp"), pk=pk)
        key = asked(request, "key", invoice_page.LONGEST)
        rows = list(invoice_page.reservations(pair, number)[: invoice_page.SHOWN])
        applied = invoice_page.applied(rows)
        context: dict[str, Any] = {
            "title": f"Invoice {number}",
            "pair": pair,
            "number": number,
            "key": key,
            "applied": applied,
            "sums": sums(each.amount for each in applied if each.counts),
        }
        if wanted_fragment(request, NOW) or "now" in request.GET:
            context |= _now(pair, number, key, applied)
        if not wanted_fragment(request, NOW):
            context["exceptions"] = invoice_page.exceptions(_payments(applied))
            context["steps"] = invoice_page.steps(rows)
        return answer(request, PAGE, context, NOW)


def _payments(applied: list[invoice_page.Applied]) -> set[int]:
    found = {each.row.effect.transaction_id for each in applied if each.counts}
    return {pk for pk in found if pk is not None}


def _now(pair: Pair, number: str, key: str, applied: list[invoice_page.Applied]) -> dict[str, Any]:
    """The ERP's answer, and the payments that carry one of the numbers by which it knows it."""
    known = {each.row.item_key for each in applied} | ({key} if key else set())
    now: ErpNow = invoices_named(pair, number, known)
    item = now.items[0] if now.items else None
    forms = {number, *(item.references if item else ())}
    return {
        "now": now,
        "item": item,
        "paid": item.amount - item.balance if item else None,
        "others": now.items[1:],
        "sales": orders_named(pair, number),
        "naming": invoice_page.naming(pair, forms, _payments(applied)),
    }

"""One customer of the ERP: who they are to each system, what they paid, and what is open."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from console.asked import require_number
from console.fragments import answer, wanted_fragment
from integrations.models import Pair
from integrations.pages import DutyPage
from reconciliation import customer_account as account
from reconciliation.services.erp_now import open_invoices

PAGE: Final = "reconciliation/customers/account.html"
NOW: Final = "erp-now"


class CustomerDetail(DutyPage):
    """Without scripts the ERP is asked by a link: `?now=1` gives the page with its answer."""

    def get(self, request: HttpRequest, pk: int, number: str) -> HttpResponse:
        require_number(number, account.LONGEST)
        pair = get_object_or_404(Pair.objects.select_related("erp", "gateway"), pk=pk)
        is_fragment = wanted_fragment(request, NOW) != ""
        context: dict[str, Any] = {"pair": pair, "number": number}
        if is_fragment or "now" in request.GET:
            context["now"] = open_invoices(pair, number)
        if not is_fragment:
            context |= _books(pair, number)
        return answer(request, PAGE, context, NOW)


def _books(pair: Pair, number: str) -> dict[str, Any]:
    payments = account.payments(pair, number)
    return {
        "title": f"Customer {number}",
        "identity": account.identity(pair, number),
        "links": account.links(pair, number),
        "merges": account.merges(pair, number),
        "payments": payments[: account.SHOWN],
        "has_more": len(payments) > account.SHOWN,
        "on_account": account.on_account(pair, number),
        "exceptions": account.exceptions(pair, number),
    }

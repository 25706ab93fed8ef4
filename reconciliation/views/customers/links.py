"""The cross-reference: which customer of the gateway or CRM is which of the ERP."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from console.views import ListPage
from integrations.models import Pair
from integrations.pages import DutyPage
from mapping.models import CustomerIdentity, CustomerLink, CustomerLinkHistory
from mapping.services.customers.deciding import CustomerError
from reconciliation import customer_tables
from reconciliation.customer_filters import LinkFilter
from reconciliation.customer_forms import WhyForm
from reconciliation.customer_page import sources_of
from reconciliation.services.customers import acting, consequences, reading


class LinkList(DutyPage, ListPage):
    title = "Customers"
    table = customer_tables.LINKS
    filter_class = LinkFilter
    template_name = "reconciliation/customers/links.html"
    empty = "When a customer of the gateway or the CRM is linked to one of the ERP, it stands here."

    def rows(self) -> QuerySet[CustomerLink]:
        return CustomerLink.objects.select_related("pair")

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        context = super().context(request, selection, current)
        context["sources"] = sources_of()
        context["may_work"] = may(request.user, Duty.WORK_EXCEPTIONS)
        return context


class ReadNow(DutyPage):
    """Has the ERP's customers of all pairs read again."""

    def post(self, request: HttpRequest) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        for pair in Pair.objects.filter(is_active=True).order_by("pk"):
            reading.read_now(pair)
        messages.success(request, "The ERP’s customers are read again with the next round.")
        return HttpResponseRedirect(reverse("customers"))


class LinkDetail(DutyPage):
    """One link: both sides, its history, and what taking it back would touch."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, _link_of(pk), WhyForm(), 200)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        row = _link_of(pk)
        form = WhyForm(request.POST)
        if form.is_valid():
            try:
                acting.unlink(row, form.cleaned_data["why"], user_actor(request.user))
            except CustomerError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{row.ref} is not linked any more.")
                return HttpResponseRedirect(reverse("customers"))
        return self._page(request, row, form, 422)

    def _page(
        self, request: HttpRequest, row: CustomerLink, form: WhyForm, status: int
    ) -> HttpResponse:
        sides = CustomerIdentity.objects.filter(pair=row.pair)
        context = {
            "title": f"{row.ref} is {row.customer_id}",
            "link": row,
            "there": sides.filter(system=row.system, ref=row.ref).first(),
            "erp": sides.filter(system="erp", ref=row.customer_id).first(),
            "history": CustomerLinkHistory.objects.filter(
                pair=row.pair, system=row.system, ref=row.ref
            ).order_by("-pk")[:50],
            "consequences": consequences.of_link(row.pair, row.system, row.ref),
            "may_work": may(request.user, Duty.WORK_EXCEPTIONS),
            "form": form,
        }
        return render(request, "reconciliation/customers/link.html", context, status=status)


def _link_of(pk: int) -> CustomerLink:
    return get_object_or_404(CustomerLink.objects.select_related("pair"), pk=pk)

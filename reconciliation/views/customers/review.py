"""The review queue: each waiting customer beside those of the ERP that it may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString

from audit.roles import Duty, may, require
from audit.services import user_actor
from console import formats
from console.access import htmx
from console.fragments import answer, wanted_fragment
from console.tables import Table
from console.views import ListPage
from console.views.addresses import address
from integrations.pages import DutyPage
from mapping.models import CustomerCandidate, CustomerIdentity
from mapping.services.customers.deciding import CustomerError
from mapping.services.links import link_of
from reconciliation import customer_tables
from reconciliation.customer_filters import ReviewFilter
from reconciliation.customer_forms import NumberForm, RefuseForm
from reconciliation.customer_page import (
    open_candidates,
    shown,
    waiting_customers,
    with_suggestions,
)
from reconciliation.services.customers import acting, consequences
from reconciliation.services.customers.creating import may_be_offered

PAGE = "reconciliation/customers/review.html"


class ReviewBench(DutyPage, ListPage):
    title = "Customers to look at"
    table = customer_tables.WAITING
    filter_class = ReviewFilter
    template_name = PAGE
    fragment_template = PAGE
    has_column_choice = False
    empty = "When a customer may be one that the ERP has, it appears here with what speaks for it."

    def rows(self) -> QuerySet[CustomerIdentity]:
        return with_suggestions(waiting_customers())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pk = kwargs.get("pk")
        if pk is not None and wanted_fragment(request, "panel"):
            return answer(request, PAGE, panel(request, identity_of(pk)), "panel")
        return super().get(request, *args, **kwargs)

    def table_for(self, request: HttpRequest) -> Table[Any]:
        query = address(request.GET).removesuffix("?")

        def show(row: CustomerIdentity) -> SafeString:
            return formats.link(
                reverse("customer-review-one", args=[row.pk]) + query, customer_tables.payer(row)
            )

        columns = self.table.columns
        return replace(self.table, columns=(replace(columns[0], show=show), *columns[1:]))

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        pk = self.kwargs.get("pk")
        context = super().context(request, selection, pk)
        context |= {"list_url": reverse("customer-review"), "row_target": "#panel"}
        if pk is not None and not wanted_fragment(request, "list"):
            context |= panel(request, identity_of(pk))
        return context


class Decide(DutyPage):
    """Link, not the same, or link by a number; the panel answers in place."""

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        identity = identity_of(pk)
        form = _form(name, request)
        done, problem = "", ""
        if form.is_valid():
            try:
                done = _do(identity, name, form.cleaned_data, request)
            except CustomerError as error:
                problem = str(error)
        else:
            problem = " ".join(str(text) for texts in form.errors.values() for text in texts)
        status = 422 if problem else 200
        if not htmx(request) and not problem:
            return HttpResponseRedirect(reverse("customer-review-one", args=[pk]))
        context = panel(request, identity) | {"done": done, "problem": problem}
        if htmx(request):
            return answer(request, PAGE, context, "panel", status=status)
        return render(request, "reconciliation/customers/alone.html", context, status=status)


class _LinkForm(forms.Form):
    candidate = forms.IntegerField()


class _NotSameForm(RefuseForm):
    candidate = forms.IntegerField()


FORMS: dict[str, type[forms.Form]] = {
    "link": _LinkForm,
    "not-same": _NotSameForm,
    "number": NumberForm,
}


def _form(name: str, request: HttpRequest) -> forms.Form:
    if name not in FORMS:
        raise Http404
    return FORMS[name](request.POST)


def _do(identity: CustomerIdentity, name: str, data: dict[str, Any], request: HttpRequest) -> str:
    actor = user_actor(request.user)
    if name == "number":
        made = acting.link_by_number(identity, data["customer_id"], actor)
        return f"{identity.ref} is customer {made.customer_id}."
    candidate = get_object_or_404(
        CustomerCandidate.objects.select_related("erp", "identity__pair"),
        pk=data["candidate"],
        identity=identity,
    )
    if name == "link":
        acting.link_candidate(candidate, actor)
        return f"{identity.ref} is customer {candidate.erp.ref}."
    acting.not_the_same(candidate, actor, data["note"])
    return f"{identity.ref} is not customer {candidate.erp.ref}; it is not suggested again."


def identity_of(pk: int) -> CustomerIdentity:
    found = CustomerIdentity.objects.exclude(system="erp").select_related("pair__erp")
    return get_object_or_404(found, pk=pk)


def panel(request: HttpRequest, identity: CustomerIdentity) -> dict[str, Any]:
    link = link_of(identity.pair, identity.ref, identity.system)
    return {
        "title": f"Who is {identity.ref}?",
        "identity": identity,
        "candidates": [shown(each) for each in open_candidates(identity)],
        "link": link,
        "consequences": consequences.of_link(identity.pair, identity.system, identity.ref),
        "may_work": may(request.user, Duty.WORK_EXCEPTIONS),
        "may_create": may_be_offered(identity),
        "number_form": NumberForm(auto_id="id_number_%s"),
        "close_url": reverse("customer-review") + address(request.GET).removesuffix("?"),
    }

"""Merged customers: what a merge touches is listed first, another person agrees, and back again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from console.views import ListPage
from integrations.pages import DutyPage
from mapping.models import CustomerMerge
from mapping.services.customers.deciding import CustomerError
from reconciliation import customer_tables
from reconciliation.customer_filters import MergeFilter
from reconciliation.customer_forms import MergeForm
from reconciliation.services.customers import acting, consequences

State = CustomerMerge.State


class MergeList(DutyPage, ListPage):
    title = "Merged customers"
    table = customer_tables.MERGES
    filter_class = MergeFilter
    template_name = "reconciliation/customers/merges.html"
    empty = "Two customers of the ERP that are one party can be merged; it can be taken back."

    def rows(self) -> QuerySet[CustomerMerge]:
        return CustomerMerge.objects.select_related("pair")

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        context = super().context(request, selection, current)
        return context | {"may_work": may(request.user, Duty.WORK_EXCEPTIONS)}


class NewMerge(DutyPage):
    """First the consequences, then, on a second press, the merge."""

    duty = Duty.WORK_EXCEPTIONS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, MergeForm(initial=request.GET.dict()), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MergeForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        data = form.cleaned_data
        if "sure" not in request.POST:
            found = consequences.of_merge(data["pair"], data["kept_id"], data["merged_id"])
            return self._page(request, form, 200, {"consequences": found, "is_asked": True})
        try:
            merge = acting.propose_merge(
                data["pair"], data["kept_id"], data["merged_id"], data["why"],
                user_actor(request.user),
            )  # fmt: skip
        except CustomerError as error:
            form.add_error(None, str(error))
            return self._page(request, form, 422)
        return HttpResponseRedirect(reverse("customer-merge", args=[merge.pk]))

    def _page(
        self,
        request: HttpRequest,
        form: MergeForm,
        status: int,
        more: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"title": "Merge two customers", "form": form} | (more or {})
        return render(request, "reconciliation/customers/merge_new.html", context, status=status)


class MergeDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(request, merge_of(pk), "", 200)

    def page(
        self, request: HttpRequest, merge: CustomerMerge, problem: str, status: int
    ) -> HttpResponse:
        actor = user_actor(request.user)
        may_work = may(request.user, Duty.WORK_EXCEPTIONS)
        may_approve = may(request.user, Duty.APPROVE_RULES)
        in_force, asked = merge.state == State.IN_FORCE, merge.undo_asked_by
        context = {
            "title": f"{merge.merged_id} into {merge.kept_id}",
            "merge": merge,
            "problem": problem,
            "consequences": merge.consequences,
            "undo": consequences.of_unmerge(merge) if in_force else [],
            "may_approve": merge.state == State.PROPOSED
            and may_approve
            and merge.proposed_by != actor,
            "may_withdraw": merge.state == State.PROPOSED and may_work,
            "may_agree": in_force and asked and asked != actor and may_approve,
            "may_undo": in_force and not asked and may_work,
        }
        return render(request, "reconciliation/customers/merge.html", context, status=status)


class MergeStep(MergeDetail):
    """One step of a merge: agreed to by one person, withdrawn or taken back by another."""

    step: Callable[[CustomerMerge, str], object]
    asks: Duty

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, self.asks)
        merge = merge_of(pk)
        try:
            left = type(self).step(merge, user_actor(request.user))
        except CustomerError as error:
            return self.page(request, merge, str(error), 422)
        said = f"The merge is {merge.get_state_display().lower()}."
        if isinstance(left, list) and left:
            said += f" Links changed since, and left alone: {', '.join(left)}."
        messages.success(request, said)
        return HttpResponseRedirect(reverse("customer-merge", args=[pk]))


class AgreeToMerge(MergeStep):
    step, asks = staticmethod(acting.agree_to_merge), Duty.APPROVE_RULES


class WithdrawMerge(MergeStep):
    step, asks = staticmethod(acting.withdraw_merge), Duty.WORK_EXCEPTIONS


class UndoMerge(MergeStep):
    step, asks = staticmethod(acting.undo_merge), Duty.WORK_EXCEPTIONS


def merge_of(pk: int) -> CustomerMerge:
    return get_object_or_404(CustomerMerge.objects.select_related("pair"), pk=pk)

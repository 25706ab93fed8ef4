"""Pairs: whose money which company books, and the bank account where it arrives."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty, may, require
from integrations.choices import ChangeState
from integrations.models import Pair
from integrations.pages import DutyPage
from integrations.pair_forms import PairForm
from integrations.services import connection_changes
from integrations.services.connection_changes import ChangeError
from integrations.views.connection_wizard import told


class PairDetail(DutyPage):
    """Everybody may see it; the form is for those who may change it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        pair = pair_of(pk)
        return pair_page(request, pair, PairForm(instance=pair))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        # The form writes into the row it is given: what is in use stays apart from it.
        form = PairForm(request.POST, instance=pair_of(pk))
        return handed_in(self, request, pair_of(pk), form)


class NewPair(DutyPage):
    duty = Duty.MANAGE_CONNECTIONS

    def get(self, request: HttpRequest) -> HttpResponse:
        return pair_page(request, None, PairForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        return handed_in(self, request, None, PairForm(request.POST))


def pair_of(pk: int) -> Pair:
    return get_object_or_404(Pair.objects.select_related("gateway", "erp", "bank", "orders"), pk=pk)


def handed_in(
    page: DutyPage, request: HttpRequest, pair: Pair | None, form: PairForm
) -> HttpResponse:
    require(request.user, Duty.MANAGE_CONNECTIONS, pair)
    if not form.is_valid():
        return pair_page(request, pair, form, 422)
    try:
        change = connection_changes.propose_pair(
            page.user, pair, form.values(), form.cleaned_data["reason"]
        )
    except ChangeError as error:
        form.add_error("reason" if "Say why" in str(error) else None, str(error))
        return pair_page(request, pair, form, 422)
    return told(request, change)


def pair_page(
    request: HttpRequest, pair: Pair | None, form: PairForm, status: int = 200
) -> HttpResponse:
    waits = pair.changes.filter(state=ChangeState.WAITING).first() if pair else None
    context = {
        "title": pair.name if pair else "New payment route",
        "pair": pair,
        "form": form,
        "waits": waits,
        "may_change": may(request.user, Duty.MANAGE_CONNECTIONS),
        "is_sandbox": pair is not None
        and any(side.is_sandbox for side in (pair.gateway, pair.erp, pair.bank)),
    }
    return render(request, "integrations/pair.html", context, status=status)

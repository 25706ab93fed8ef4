"""Changes of connections, pairs and settings: what waits for a second person, what was decided."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may
from integrations.change_words import lines_of
from integrations.choices import ChangeKind, ChangeState
from integrations.connection_forms import ReasonForm
from integrations.models import ConnectionChange
from integrations.pages import DutyPage
from integrations.services import connection_changes
from integrations.services.connection_changes import ChangeError
from integrations.services.setting_changes import setting_of

DECIDED_SHOWN = 50


class ChangeList(DutyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        changes = ConnectionChange.objects.select_related("made_by", "decided_by").defer(
            "ciphertext", "fields", "before", "checks"
        )
        waits = changes.filter(state=ChangeState.WAITING).order_by("made_at")
        decided = changes.exclude(state=ChangeState.WAITING).order_by("-decided_at", "-id")
        context = {
            "title": "Changes to approve",
            "waiting": list(waits),
            "decided": list(decided[:DECIDED_SHOWN]),
        }
        return render(request, "integrations/connection_changes.html", context)


class ChangeDetail(DutyPage):
    """What it is to be, who proposed it and why; decided by those who may."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return change_page(request, found(pk))


def found(pk: int) -> ConnectionChange:
    changes = ConnectionChange.objects.select_related("made_by", "decided_by", "connection", "pair")
    return get_object_or_404(changes, pk=pk)


def change_page(
    request: HttpRequest,
    change: ConnectionChange,
    status: int = 200,
    problem: str = "",
    form: ReasonForm | None = None,
) -> HttpResponse:
    is_mine = change.made_by_id == request.user.pk
    waits = change.state == ChangeState.WAITING
    proposes, approves = connection_changes.duties_of_change(change)
    is_setting = change.kind == ChangeKind.SETTING
    context = {
        "title": change.title,
        "change": change,
        "lines": lines_of(change),
        "steps": list(change.steps.all()),
        "problem": problem,
        "may_decide": waits and not is_mine and may(request.user, approves),
        "may_withdraw": waits and is_mine and may(request.user, proposes),
        "is_mine": is_mine,
        "is_setting": is_setting,
        "page": _page_of(change) if is_setting else "",
        "form": form or ReasonForm(must=True, label="Why not"),
    }
    return render(request, "integrations/connection_change.html", context, status=status)


def _page_of(change: ConnectionChange) -> str:
    setting, key = setting_of(change.subject)
    return setting.page(key)


class DecidePage(DutyPage):
    """Services ask for the duty, and for the second person, themselves."""

    http_method_names = ["post"]

    def act(
        self, request: HttpRequest, change: ConnectionChange, done: str, work: Callable[[], object]
    ) -> HttpResponse:
        try:
            work()
        except ChangeError as error:
            return change_page(request, found(change.pk), 422, str(error))
        messages.success(request, f"{change.title}: {done}")
        return HttpResponseRedirect(reverse("connection-change", args=[change.pk]))


class Approve(DecidePage):
    duty = Duty.APPROVE_CONNECTIONS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = found(pk)
        approve = connection_changes.approve
        return self.act(request, change, "it is in force.", lambda: approve(self.user, change))


class Refuse(DecidePage):
    duty = Duty.APPROVE_CONNECTIONS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = found(pk)
        form = ReasonForm(request.POST, must=True, label="Why not")
        if not form.is_valid():
            return change_page(request, change, 422, form=form)
        note, refuse = form.cleaned_data["reason"], connection_changes.refuse
        return self.act(request, change, "refused.", lambda: refuse(self.user, change, note))


class Withdraw(DecidePage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        change = found(pk)
        withdraw = connection_changes.withdraw
        return self.act(request, change, "withdrawn.", lambda: withdraw(self.user, change))

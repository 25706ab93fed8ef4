"""The form of a connection, step by step; what was answered stays when somebody leaves off."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty
from console.fragments import answer
from integrations.choices import ChangeState
from integrations.connection_forms import ConnectorForm, ReasonForm, SecretsForm, SettingsForm
from integrations.models import Connection, ConnectionChange, ConnectionDraft
from integrations.pages import DutyPage
from integrations.registry import info_of
from integrations.services import connection_changes, connection_drafts
from integrations.services.connection_changes import ChangeError

STEPS: Final = {
    "settings": "Settings",
    "secrets": "Secrets",
    "test": "Test",
    "finish": "Hand in",
}


def step_url(draft: ConnectionDraft, step: str) -> str:
    return reverse(f"connection-draft-{step}", args=[draft.pk])


def steps_of(draft: ConnectionDraft, current: str) -> list[dict[str, Any]]:
    """The steps with what is behind them; those without anything to ask are left out."""
    done = {
        "settings": draft.settings_done,
        "secrets": draft.settings_done and draft.secrets_done,
        "test": draft.passed,
        "finish": False,
    }
    asks = connection_drafts.asks_secrets(draft.connector)
    return [
        {
            "label": label,
            "url": step_url(draft, step),
            "is_current": step == current,
            "is_done": done[step],
            "is_open": draft.settings_done or step == "settings",
        }
        for step, label in STEPS.items()
        if step != "secrets" or asks
    ]


class ManagePage(DutyPage):
    duty = Duty.MANAGE_CONNECTIONS


class NewConnection(ManagePage):
    """The first question: what is to be connected."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, ConnectorForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ConnectorForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, 422)
        draft = connection_drafts.begin(self.user, form.cleaned_data["connector"])
        return HttpResponseRedirect(step_url(draft, "settings"))

    def page(self, request: HttpRequest, form: ConnectorForm, status: int) -> HttpResponse:
        context = {"title": "New connection", "form": form}
        return render(request, "integrations/connection_new.html", context, status=status)


class ChangeConnection(ManagePage):
    """Opens the form of a connection there is, at the settings or at the secrets."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, step: str) -> HttpResponse:
        if step not in ("settings", "secrets"):
            raise Http404
        draft = connection_drafts.edit(self.user, get_object_or_404(Connection, pk=pk))
        if step == "secrets" and not connection_drafts.asks_secrets(draft.connector):
            step = "settings"
        return HttpResponseRedirect(step_url(draft, step))


class StepPage(ManagePage):
    """One step of somebody's own draft."""

    step: ClassVar[str]

    def draft(self, pk: int) -> ConnectionDraft:
        draft = get_object_or_404(ConnectionDraft.objects.select_related("connection"), pk=pk)
        connection_drafts.own(self.user, draft)
        return draft

    def context(self, draft: ConnectionDraft, **more: Any) -> dict[str, Any]:
        label = info_of(draft.connector).label
        return {
            "title": draft.name or "New connection",
            "draft": draft,
            "label": label,
            "steps": steps_of(draft, self.step),
            **more,
        }

    def page(
        self, request: HttpRequest, draft: ConnectionDraft, status: int = 200, **more: Any
    ) -> HttpResponse:
        template = f"integrations/connection_{self.step}.html"
        return render(request, template, self.context(draft, **more), status=status)


class SettingsStep(StepPage):
    step = "settings"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        return self.page(request, draft, form=SettingsForm(draft))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        form = SettingsForm(draft, request.POST)
        if not form.is_valid():
            return self.page(request, draft, 422, form=form)
        connection_drafts.keep_settings(self.user, draft, form.cleaned_data)
        return HttpResponseRedirect(step_url(draft, "test" if draft.secrets_done else "secrets"))


class SecretsStep(StepPage):
    step = "secrets"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        return self.page(request, draft, form=SecretsForm(draft))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        form = SecretsForm(draft, request.POST)
        is_whole = form.is_valid()
        connection_drafts.keep_secrets(
            self.user, draft, form.good(), done=is_whole or draft.secrets_done
        )
        if not is_whole:
            return self.page(request, draft, 422, form=form)
        return HttpResponseRedirect(step_url(draft, "test"))


class TestStep(StepPage):
    step = "test"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(request, self.draft(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        connection_drafts.test(self.user, draft)
        return answer(request, "integrations/connection_test.html", self.context(draft), "checks")


class FinishStep(StepPage):
    step = "finish"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        return self.page(request, draft, **self.summary(draft, None))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        context = self.summary(draft, request.POST)
        form: ReasonForm = context["form"]
        if not form.is_valid():
            return self.page(request, draft, 422, **context)
        try:
            change = connection_changes.propose(self.user, draft, form.cleaned_data["reason"])
        except ChangeError as error:
            return self.page(request, draft, 422, problem=str(error), **context)
        return told(request, change)

    def summary(self, draft: ConnectionDraft, given: Any) -> dict[str, Any]:
        needs = connection_changes.needs_other(sandbox=draft.is_sandbox)
        return {"form": ReasonForm(given, must=needs), "needs_other": needs}


def told(request: HttpRequest, change: ConnectionChange) -> HttpResponse:
    """Where a change that was handed in leads, and what became of it."""
    if change.state == ChangeState.APPLIED:
        messages.success(request, f"{change.title}: it is in force.")
        if change.connection_id:
            return HttpResponseRedirect(reverse("connection", args=[change.connection_id]))
        return HttpResponseRedirect(reverse("pair", args=[change.pair_id]))
    messages.info(request, "It waits for a second person; until then nothing changes.")
    return HttpResponseRedirect(reverse("connection-change", args=[change.pk]))


class DiscardDraft(StepPage):
    http_method_names = ["post"]
    step = "settings"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self.draft(pk)
        connection_drafts.discard(self.user, draft)
        messages.info(request, "The answers are thrown away; nothing else has changed.")
        return HttpResponseRedirect(reverse("connections"))

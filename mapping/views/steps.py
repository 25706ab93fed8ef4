"""The steps of a version's life: draft from it, hand in, give back, set aside, put in force."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from audit.roles import Duty
from integrations.pages import DutyPage
from mapping.models import RuleSetVersion
from mapping.row_forms import NoteForm, StartForm
from mapping.services import approval
from mapping.services.rulesets import RuleSetError
from mapping.views.rule_sets import detail_page, version_with_end

INVALID = 422


class Step(DutyPage):
    """Services ask for the second person, and for the duty again."""

    http_method_names = ["post"]

    def act(
        self,
        request: HttpRequest,
        version: RuleSetVersion,
        done: str,
        work: Callable[[], object],
        place: str = "rule-set",
    ) -> HttpResponse:
        try:
            made = work()
        except RuleSetError as error:
            return detail_page(request, version_with_end(version.pk), str(error), INVALID)
        target = made.pk if isinstance(made, RuleSetVersion) else version.pk
        messages.success(request, done)
        return HttpResponseRedirect(reverse(place, args=[target]))


class DraftFrom(Step):
    duty = Duty.EDIT_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version, form = version_with_end(pk), NoteForm(request.POST)
        note = form.cleaned_data["note"] if form.is_valid() else ""
        return self.act(
            request,
            version,
            f"This is a draft, made from version {version.number}.",
            lambda: approval.begin(self.user, version.pair, version, note),
            "rule-set-edit",
        )


class HandIn(Step):
    duty = Duty.EDIT_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = version_with_end(pk)
        done = "Handed in. Somebody else puts it in force, or gives it back."
        return self.act(request, version, done, lambda: approval.hand_in(self.user, version))


class GiveBack(Step):
    """For approvers, and for mappers who want to go on: the service asks."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version, form = version_with_end(pk), NoteForm(request.POST)
        why = form.cleaned_data["note"] if form.is_valid() else ""
        done = "It is a draft again."
        return self.act(request, version, done, lambda: approval.give_back(self.user, version, why))


class Discard(Step):
    duty = Duty.EDIT_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = version_with_end(pk)
        return self.act(
            request, version, "Set aside.", lambda: approval.discard(self.user, version)
        )


class Activate(Step):
    duty = Duty.APPROVE_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version, form = version_with_end(pk), StartForm(request.POST)
        if not form.is_valid():
            problem = form.errors["active_from"].as_text().removeprefix("* ")
            return detail_page(request, version, problem, INVALID)
        day = form.cleaned_data["active_from"]
        done = f"In force from {day}."
        return self.act(request, version, done, lambda: approval.activate(self.user, version, day))

"""A pair's policy of customers: from which score a suggestion is a link, and whether by itself."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from integrations.models import Pair
from integrations.pages import DutyPage
from integrations.setting_pages import SettingForm, SettingPage
from mapping.customers.measured import experience_of
from mapping.customers.measured_counts import COUNTS
from mapping.customers.policy import Policy
from mapping.services.customers import policies


class PolicyForm(SettingForm):
    link_from = forms.IntegerField(
        label="Score from which it is a link",
        help_text="0 to 100. Nothing may speak against it.",
    )
    review_from = forms.IntegerField(
        label="Score from which a person looks",
        help_text="Below it the customer counts as new.",
    )
    links_alone = forms.BooleanField(
        label="Link without a person",
        required=False,
        help_text="Unticked, links are suggested and a person makes them.",
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if "link_from" in found and "review_from" in found:
            try:
                self.wanted = Policy(found["link_from"], found["review_from"], found["links_alone"])
            except ValueError as error:
                self.add_error(None, str(error))
        return found

    def values(self) -> dict[str, Any]:
        return policies.plain(self.wanted)


class PolicyPage(SettingPage):
    setting = policies.SETTING
    template_name = "reconciliation/customers/policy.html"

    @cached_property
    def pair(self) -> Pair:
        return get_object_or_404(Pair, pk=self.kwargs["pk"])

    def heading(self) -> str:
        return f"Policy for customers of {self.pair.name}"

    def key(self) -> str:
        return str(self.kwargs["pk"])

    def form(self, data: Any = None) -> SettingForm:
        return PolicyForm(data, initial=policies.plain(policies.policy_of(self.pair)))

    def about(self) -> dict[str, Any]:
        clear = [step for step, _, _ in COUNTS if step.endswith("clear")]
        others = Pair.objects.exclude(pk=self.pair.pk).order_by("name")
        return {"measured": [experience_of(step) for step in clear], "others": list(others)}


class Policies(DutyPage):
    """The first pair's; the page leads to the others."""

    def get(self, request: HttpRequest) -> HttpResponse:
        pair = Pair.objects.order_by("-is_active", "name").first()
        if pair is None:
            return HttpResponseRedirect(reverse("customers"))
        return HttpResponseRedirect(reverse("customer-policy", args=[pair.pk]))

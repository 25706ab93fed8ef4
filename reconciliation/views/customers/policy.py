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
from integrations.services.connectors import creates_customers
from integrations.setting_pages import SettingForm, SettingPage
from mapping.choices import NewNumber
from mapping.customers.measured import experience_of
from mapping.customers.measured_counts import COUNTS
from mapping.customers.policy import Policy
from mapping.services.customers import policies

#: Asked only where the ERP takes new customers from here.
OF_CREATING = (
    "creates_alone", "number_from", "number_prefix", "number_digits", "customer_class", "terms",
)  # fmt: skip


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

    creates_alone = forms.BooleanField(
        label="Create without a person",
        required=False,
        help_text="A payer whose customer is unknown, and who is like nobody in the ERP, becomes a"
        " customer there. Unticked, a person creates it. None can be deleted in the ERP.",
    )
    number_from = forms.ChoiceField(
        label="Number of a new customer", choices=NewNumber.choices, required=False
    )
    number_prefix = forms.CharField(
        label="New numbers begin with", max_length=6, required=False, help_text="Empty: C."
    )
    number_digits = forms.IntegerField(
        label="Digits behind it", min_value=1, max_value=12, required=False, help_text="Empty: 6."
    )
    customer_class = forms.CharField(
        label="Class of new customers", max_length=40, required=False, help_text="Empty: the ERP’s."
    )
    terms = forms.CharField(
        label="Payment terms of new customers",
        max_length=40,
        required=False,
        help_text="Empty: those of the class.",
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if "link_from" in found and "review_from" in found:
            try:
                self.wanted = Policy(**{**self.initial, **_wanted(found)})
            except ValueError as error:
                self.add_error(None, str(error))
        return found

    def values(self) -> dict[str, Any]:
        return policies.plain(self.wanted)


def _wanted(found: dict[str, Any]) -> dict[str, Any]:
    """What was asked for; what is left empty is the default."""
    standard = policies.plain(Policy())
    asked = {name: found[name] for name in standard if name in found}
    return {n: standard[n] if value in ("", None) else value for n, value in asked.items()}


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
        form = PolicyForm(data, initial=policies.plain(policies.policy_of(self.pair)))
        if not creates_customers(self.pair.erp):
            for name in OF_CREATING:
                del form.fields[name]
        return form

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

"""Who looks after which exceptions: the rules in their order, and the place to change them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from integrations.models import Connection
from integrations.pages import DutyPage
from reconciliation import words
from reconciliation.choices import Reason
from reconciliation.models import OwnerRule
from reconciliation.services import owners


class OwnerRuleForm(forms.Form):
    position = forms.IntegerField(
        label="Place", min_value=1, max_value=999, help_text="The first that matches counts."
    )
    reason = forms.ChoiceField(
        label="What is wrong", required=False, choices=(("", "Anything"), *Reason.choices)
    )
    connection = forms.ModelChoiceField(
        Connection.objects.order_by("name"),
        label="At",
        required=False,
        empty_label="Any connection",
    )
    amount_from = forms.DecimalField(
        label="From this amount on", min_value=0, max_digits=12, decimal_places=2, initial=0
    )
    owner = forms.CharField(
        label="Who looks after it", max_length=70, help_text="finance, operations, or a person."
    )
    due_days = forms.IntegerField(
        label="Due after days", min_value=0, max_value=365, initial=owners.DUE_DAYS
    )


class OwnerRules(DutyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, OwnerRuleForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        require(request.user, Duty.MANAGE_ALERTS)
        form = OwnerRuleForm(request.POST)
        if form.is_valid():
            try:
                owners.put(form.cleaned_data, user_actor(request.user))
            except owners.OwnerRuleError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "New exceptions go by it; what is open stays as it is.")
                return HttpResponseRedirect(reverse("owners"))
        return self._show(request, form, 422)

    def _show(self, request: HttpRequest, form: forms.Form, status: int) -> HttpResponse:
        rules = OwnerRule.objects.select_related("connection").order_by("position")
        context = {
            "title": "Owners of exceptions",
            "rules": [(rule, owners.in_words(rule), words.person(rule.owner)) for rule in rules],
            "form": form,
            "may_change": may(request.user, Duty.MANAGE_ALERTS),
        }
        return render(request, "reconciliation/owners.html", context, status=status)


class DropOwnerRule(DutyPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.MANAGE_ALERTS)
        owners.drop(get_object_or_404(OwnerRule, pk=pk), user_actor(request.user))
        messages.success(request, "The rule is gone; what it gave somebody stays theirs.")
        return HttpResponseRedirect(reverse("owners"))

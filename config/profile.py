"""A person's own: the second factor."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from config import second_factor
from console.access import Page

WRONG = 422


def me(request: HttpRequest) -> User:
    """Who is at the page; a Page is never shown to anybody else."""
    return cast("User", request.user)


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "spellcheck": "false", "autofocus": ""}
        ),
    )


@method_decorator(never_cache, name="dispatch")
class SecondFactor(Page):
    """Scan, confirm with a code, and write the recovery codes down: they are shown once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, CodeForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        if second_factor.device_of(me(request)):
            return HttpResponseRedirect(reverse("second-factor"))
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                codes = second_factor.confirm(request, me(request), form.cleaned_data["code"])
            except second_factor.CodeRefused as refused:
                form.add_error("code", str(refused))
            else:
                return shown_once(request, codes)
        return self.page(request, form, WRONG)

    def page(self, request: HttpRequest, form: CodeForm, status: int) -> HttpResponse:
        device = second_factor.device_of(me(request))
        context: dict[str, Any] = {"title": "Second factor", "form": form, "device": device}
        if device is None:
            context["enrolment"] = second_factor.begin(me(request))
        else:
            context["left"] = second_factor.codes_left(me(request))
        return render(request, "config/second_factor.html", context, status=status)


@method_decorator(never_cache, name="dispatch")
class Picture(Page):
    """The QR code of an app that is not confirmed yet; afterwards nobody sees it again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if second_factor.device_of(me(request)):
            raise Http404
        drawn = second_factor.picture(second_factor.begin(me(request)))
        return HttpResponse(drawn, content_type="image/svg+xml")


@method_decorator(never_cache, name="dispatch")
class RecoveryCodes(Page):
    """New recovery codes, for a code of the app."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user, form = me(request), CodeForm(request.POST)
        if form.is_valid():
            try:
                second_factor.check(user, form.cleaned_data["code"])
            except second_factor.CodeRefused as refused:
                form.add_error("code", str(refused))
            else:
                return shown_once(request, second_factor.new_codes(user))
        return SecondFactor().page(request, form, WRONG)


def shown_once(request: HttpRequest, codes: list[str]) -> HttpResponse:
    context = {"title": "Recovery codes", "codes": codes}
    return render(request, "config/recovery_codes.html", context)

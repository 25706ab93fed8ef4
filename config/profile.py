"""A person's own: password, second factor, sessions; and the link that sets a first password."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from audit import keys, sessions
from audit import services as audit
from audit.models import SignedIn
from audit.people import LINK_TOKENS
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


class Profile(Page):
    """Password, second factor, theme and sessions."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return profile_page(request, PasswordChangeForm(me(request)), 200)


class ChangePassword(Page):
    """Ends every other session of the person."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("profile"))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = me(request)
        form = PasswordChangeForm(user, request.POST)
        if not form.is_valid():
            return profile_page(request, form, WRONG)
        with transaction.atomic():
            form.save()
            update_session_auth_hash(request, user)
            sessions.note(request, user)
            _password_was_set(user, request.session.session_key)
        messages.success(request, "The password is changed; your other sessions have ended.")
        return HttpResponseRedirect(reverse("profile"))


class EndOthers(Page):
    """End every session of the person but this one."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user, key = me(request), request.session.session_key
        count = sessions.end_all(user, user, "Every other session, by the person.", keep=key)
        messages.success(request, f"{count} other session(s) ended.")
        return HttpResponseRedirect(reverse("profile"))


class PasswordLink(auth_views.PasswordResetConfirmView):
    """Sets the password, once, for whoever was handed the link; then they log in with it."""

    template_name = "config/set_password.html"
    token_generator = LINK_TOKENS

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            super().form_valid(form)
            _password_was_set(form.user, None)
        messages.success(self.request, "The password is set. Log in with it.")
        return HttpResponseRedirect(reverse("login"))

    def get_success_url(self) -> str:
        return reverse("login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, title="Set your password")


def _password_was_set(user: User, keep: str | None) -> None:
    audit.record(
        "password.set",
        ("user", str(user.pk)),
        actor=audit.user_actor(user),
        summary=f"{user.username} set a password.",
    )
    sessions.end_all(user, user, "The password was changed.", keep=keep)


def profile_page(request: HttpRequest, form: PasswordChangeForm, status: int) -> HttpResponse:
    user = me(request)
    this = sessions.key_hash(request.session.session_key)
    context = {
        "title": "Profile",
        "form": form,
        "device": second_factor.device_of(user),
        "keys": list(keys.waiting_for(user)),
        "roles": sorted(user.groups.values_list("name", flat=True)),
        "sessions": [_session_line(each, this) for each in sessions.live(user)],
    }
    return render(request, "config/profile.html", context, status=status)


def _session_line(each: SignedIn, this: str) -> tuple[SignedIn, str, bool]:
    return each, sessions.device_words(each.agent), each.key_hash == this


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
                sessions.end_all(
                    me(request),
                    me(request),
                    "The second factor was set up elsewhere.",
                    keep=request.session.session_key,
                )
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

"""API keys: who has which, a new one shown once, and the end of one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import keys
from audit.forms import ApiKeyForm
from audit.models import ApiKey
from audit.pages import DutyPage
from audit.roles import Duty
from audit.scopes import Scope
from console import formats
from console.access import Page

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ApiKeys(DutyPage):
    """The list and the form. The answer to the form shows the key, this once, unless it waits for
    its owner.
    """

    duty = Duty.MANAGE_KEYS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, ApiKeyForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ApiKeyForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        given = form.cleaned_data
        key, text = keys.issue(
            self.user,
            given["name"],
            given["owner"],
            [Scope(scope) for scope in given["scopes"]],
            form.expires_at(),
        )
        response = self._page(request, ApiKeyForm(), 201, key, text)
        response["Cache-Control"] = "no-store"
        return response

    def _page(
        self,
        request: HttpRequest,
        form: ApiKeyForm,
        status: int,
        made: ApiKey | None = None,
        secret: str = "",
    ) -> HttpResponse:
        now = timezone.now()
        found = ApiKey.objects.select_related("owner").order_by("name")
        context = {
            "title": "API keys",
            "form": form,
            "made": made,
            "secret": secret,
            "rows": [(key, state_tag(key, now), key.is_live(now)) for key in found],
        }
        return render(request, "audit/api_keys.html", context, status=status)


class RevokeApiKey(DutyPage):
    duty = Duty.MANAGE_KEYS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = get_object_or_404(ApiKey, pk=pk)
        if keys.withdraw(self.user, key):
            messages.success(request, f"The key {key.name} opens nothing any more.")
        else:
            messages.info(request, f"The key {key.name} was revoked before.")
        return HttpResponseRedirect(reverse("api-keys"))


class TakeApiKey(Page):
    """A key that waits for its owner, shown to them this once."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = get_object_or_404(ApiKey, pk=pk)
        try:
            text = keys.take(cast("User", request.user), key)
        except keys.KeyRefusedError as error:
            messages.info(request, str(error))
            return HttpResponseRedirect(reverse("profile"))
        context = {"title": f"The key {key.name}", "key": key, "secret": text}
        response = render(request, "audit/api_key_taken.html", context)
        response["Cache-Control"] = "no-store"
        return response


def state_tag(key: ApiKey, now: datetime) -> SafeString:
    if key.revoked_at is not None:
        return formats.tag("Revoked", "mute")
    if not key.is_live(now):
        return formats.tag("Expired", "warn")
    if not key.owner.is_active:
        return formats.tag("Owner left", "warn")
    if not key.secret_hash:
        return formats.tag("Waits for its owner", "warn")
    return formats.tag("In use" if key.last_used_at else "Never used", "good")

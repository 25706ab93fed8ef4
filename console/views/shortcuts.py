"""Shortcuts of a single key, off for who speaks to the computer: a cookie, as the theme is."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from console.access import Page
from console.cookies import keep

COOKIE: Final = "single_keys"
OFF: Final = "off"


def single_keys_of(request: HttpRequest) -> str:
    """`on` or `off`."""
    return OFF if request.COOKIES.get(COOKIE) == OFF else "on"


class ShortcutsView(Page):
    """Takes `keys`: `on` or `off`, for the device at hand."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = OFF if request.POST.get("keys") == OFF else "on"
        response = HttpResponseRedirect(reverse("profile"))
        keep(response, COOKIE, chosen)
        messages.success(request, f"Shortcuts of a single key are {chosen} on this device.")
        return response

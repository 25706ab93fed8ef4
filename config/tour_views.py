"""Showing and ending the guided demo, each for oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from config import tour
from console.access import Page
from console.preferences import choose

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Tour(Page):
    """`show` is 1 to see the notes, anything else to see them no more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not tour.is_demo():
            raise Http404
        is_wanted = request.POST.get("show") == "1"
        choose(cast("User", request.user), tour.PREFERENCE, "shown" if is_wanted else tour.ENDED)
        return redirect(f"{reverse('dashboard')}#tour" if is_wanted else "dashboard")

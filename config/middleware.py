"""What stands around every page: browsers keep none, sessions are seen, nothing opens before the
second factor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from audit import sessions
from config.second_factor import is_verified
from console.access import htmx
from console.api.problems import Problem, is_api

#: What opens without it: setting it up, and leaving.
OPEN: Final = frozenset(
    {"login", "login-code", "logout", "password-link", "second-factor"}
    | {"second-factor-picture", "theme", "admin:logout", "admin:jsi18n"}
)


class KeptNowhere:
    """Says that no browser and no proxy keeps a page: going back after logging out shows nothing.

    Files that are the same for everybody are served before it; who says something else is heard.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SecondFactorFirst:
    """Leads whoever is logged in without a second factor to setting it up, if it is required.

    It needs no query: a session that began with a code says so itself, and who has a device
    gets no session without one. The stock admin is no exception.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if SESSION_KEY not in request.session:
            return None
        sessions.note_seen(request)
        if not settings.TIEOUT_TOTP_REQUIRED:
            return None
        match = request.resolver_match
        if is_verified(request) or (match and match.view_name in OPEN):
            return None
        if is_api(request):
            detail = "Set up the second factor of log-in first."
            return Problem("forbidden", detail).response(request.path)
        url = reverse("second-factor")
        return HttpResponseClientRedirect(url) if htmx(request) else HttpResponseRedirect(url)

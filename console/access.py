"""Who is at the page: nobody sees one without having logged in."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.mixins import AccessMixin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import View
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


def htmx(request: HttpRequest) -> HtmxDetails:
    """What htmx says of the request; the middleware put it there."""
    return cast("HtmxDetails", request.htmx)  # type: ignore[attr-defined]


class Page(AccessMixin, View):
    """A page for people who are logged in. `check` is where an app asks for a duty."""

    def check(self, request: HttpRequest) -> None:
        """Raises PermissionDenied when this user may not see or do this."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_login(request)
        self.check(request)
        return super().dispatch(request, *args, **kwargs)


def to_login(request: HttpRequest) -> HttpResponse:
    """The log-in page, then back here. A fragment's place must not be filled with that page."""
    details = htmx(request)
    if not details:
        return redirect_to_login(request.get_full_path())
    parts = urlsplit(details.current_url_abs_path or request.get_full_path())
    back = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return HttpResponseClientRedirect(redirect_to_login(back).headers["Location"])

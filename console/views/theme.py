"""Light or dark: a cookie that the server reads, so that no page flashes in the wrong one."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from console.cookies import keep

COOKIE: Final = "theme"
THEMES: Final = ("light", "dark", "auto")


def theme_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


class ThemeView(View):
    """Takes `theme` and `next`; open to everyone, because the log-in page has a theme too."""

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = request.POST.get("theme", "auto")
        back = request.POST.get("next", "/")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            back = "/"
        response = HttpResponseRedirect(back)
        keep(response, COOKIE, chosen if chosen in THEMES else "auto")
        return response

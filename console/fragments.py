"""Page or fragment: one view answers both, chosen by what the request wants to replace."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from console.access import htmx


def wanted_fragment(request: HttpRequest, *offered: str) -> str:
    """The offered fragment that this request targets, or empty for the whole page.

    A history restore wants the whole page whatever else it says: without that, the back button
    would show a bare fragment.
    """
    details = htmx(request)
    if not details or details.history_restore_request or details.target is None:
        return ""
    return details.target if details.target in offered else ""


def answer(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *offered: str,
    status: int = 200,
) -> HttpResponse:
    """The page, or the part of its template that is named like the element to be replaced."""
    fragment = wanted_fragment(request, *offered)
    name = f"{template}#{fragment}" if fragment else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response

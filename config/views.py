"""The front door: log-in, dashboard, and what is shown when something is refused or fails."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html

from config.dashboard import overview
from console.access import htmx
from console.views.theme import theme_of
from integrations.clock import business_now
from integrations.pages import DutyPage


class Dashboard(DutyPage):
    """Is everything tied out, and what needs me?"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"title": "Dashboard", "overview": overview(business_now())}
        return render(request, "config/dashboard.html", context)


class LogIn(auth_views.LoginView):
    template_name = "config/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            title="Log in",
            was_idle="idle" in self.request.GET,
            idle_minutes=settings.TIEOUT_IDLE_MINUTES,
            is_demo=settings.TIEOUT_MODE == "demo",
        )


def locked_out(
    request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """After too many wrong passwords."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return _message(
        request,
        429,
        "Log-in is locked",
        f"The password was wrong {settings.AXES_FAILURE_LIMIT} times, so this name cannot log in"
        f" from here for {minutes} minutes.",
        "Wait that long and try again, or ask an administrator to unlock it.",
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _message(
        request,
        400,
        "That request makes no sense here",
        "The address or the form was not complete. Nothing was changed.",
        "Go back and try again.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page, or for a fragment a line above the content that stays as it is."""
    said = "Your role does not allow this. Nothing was changed, and the attempt was recorded."
    if htmx(request):
        response = HttpResponse(
            format_html('<p class="notice notice-error">{}</p>', said), status=403
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#notices", "innerHTML"
        return response
    return _message(
        request, 403, "Not yours to see or do", said, "Ask an administrator for the role you need."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _message(
        request,
        403,
        "This form is no longer valid",
        "It was opened before your last log-in, or your browser sends no cookies.",
        "Go back, load the page again, and repeat what you did. Nothing was changed.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _message(
        request,
        404,
        "There is nothing here",
        "No page or row has this address. It may have been mistyped.",
        "Go to the dashboard, or find the row in its list.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request's context: whatever failed may be in it."""
    context = {
        "title": "Something failed on our side",
        "said": "The error was logged with its time. What you sent was not half done: either it"
        " all happened or nothing did.",
        "next": "Load the page again. If it fails again, tell an administrator the time.",
    }
    return HttpResponse(render_to_string("config/message.html", context), status=500)


def _message(request: HttpRequest, status: int, title: str, said: str, then: str) -> HttpResponse:
    context = {"title": title, "said": said, "next": then, "console": {"theme": theme_of(request)}}
    body = render_to_string("config/message.html", context)
    return HttpResponse(body, status=status)

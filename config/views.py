"""The front door: log-in, dashboard, and what is shown when something is refused or fails."""

from __future__ import annotations

import time
from typing import Any, Final

import django_otp
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache

from audit import services as audit
from audit.roles import Duty, deny, may
from config import second_factor, tour
from config.dashboard import overview
from console.access import htmx
from console.api.problems import Problem, is_api, problem_of
from console.views.theme import theme_of
from integrations.clock import business_now
from integrations.pages import DutyPage

#: Where a session notes whose password was right, until the code comes.
PENDING: Final = "password_was_right"
PENDING_SECONDS: Final = 300
WRONG_CODES: Final = 5


class Dashboard(DutyPage):
    """Is everything tied out, and what needs me?"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "title": "Dashboard",
            "overview": overview(business_now()),
            "tour": tour.notes_for(request),
            "may_approve": may(request.user, Duty.APPROVE_CONNECTIONS),
        }
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

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Who has an authenticator app is not logged in by the password alone."""
        user = form.get_user()
        if second_factor.device_of(user) is None:
            response = super().form_valid(form)
            _note_log_in(user)
            return response
        self.request.session.cycle_key()
        self.request.session[PENDING] = {
            "user": user.pk,
            "backend": user.backend,
            "password": user.get_session_auth_hash(),
            "at": time.time(),
            "wrong": 0,
        }
        query = urlencode({"next": self.get_success_url()})
        return HttpResponseRedirect(f"{reverse('login-code')}?{query}")


@method_decorator(never_cache, name="dispatch")
class LogInCode(auth_views.RedirectURLMixin, View):
    """The second step: a code of the app, or a recovery code."""

    next_page = "dashboard"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.waiting() is None:
            request.session.pop(PENDING, None)
            return HttpResponseRedirect(reverse("login"))
        return super().dispatch(request, *args, **kwargs)

    def waiting(self) -> User | None:
        """Whose password was right a short while ago, and has not changed since."""
        noted = self.request.session.get(PENDING)
        if noted is None or time.time() - noted["at"] > PENDING_SECONDS:
            return None
        user = User.objects.filter(pk=noted["user"], is_active=True).first()
        fits = user is not None and user.get_session_auth_hash() == noted["password"]
        return user if fits and noted["wrong"] < WRONG_CODES else None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, "", 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = self.waiting()
        if user is None:
            return HttpResponseRedirect(reverse("login"))
        try:
            device = second_factor.check(user, request.POST.get("code", "")[:40])
        except second_factor.CodeRefused as refused:
            request.session[PENDING] |= {"wrong": request.session[PENDING]["wrong"] + 1}
            request.session.modified = True
            return self.page(request, str(refused), 422)
        noted = request.session.pop(PENDING)
        login(request, user, backend=noted["backend"])
        django_otp.login(request, device)
        _note_log_in(user)
        return HttpResponseRedirect(self.get_success_url())

    def page(self, request: HttpRequest, problem: str, status: int) -> HttpResponse:
        context = {"title": "Code", "problem": problem, "next": self.get_redirect_url()}
        return render(request, "config/login_code.html", context, status=status)


def _note_log_in(user: User) -> None:
    with transaction.atomic():
        audit.record(
            "session.began",
            ("user", str(user.pk)),
            actor=audit.user_actor(user),
            summary=f"{user.username} logged in.",
        )


def note_refused(sender: Any, credentials: Any, **kwargs: Any) -> None:
    """Receiver of Django's signal at a wrong password; a name that nobody has is not kept."""
    name = str((credentials or {}).get("username") or "")
    user = User.objects.filter(username=name.replace("\0", "")).first()
    if user is not None:
        with transaction.atomic():
            audit.record(
                "log_in.refused",
                ("user", str(user.pk)),
                actor="anonymous",
                summary=f"Somebody could not log in as {user.username}.",
            )


class SystemDoor(View):
    """The stock admin has no log-in of its own: it would know no second factor."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            deny(request.user, "system", "The stock admin is for superusers.")
        query = urlencode({"next": request.GET.get("next", reverse("admin:index"))})
        return HttpResponseRedirect(f"{reverse('login')}?{query}")


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
        "Wait that long and try again. If you do not know the password, an administrator can make"
        " you a link to set another.",
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return Problem("bad-request", "The request cannot be read.").response(request.path)
    return _message(
        request,
        400,
        "That request makes no sense here",
        "The address or the form was not complete. Nothing was changed.",
        "Go back and try again.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page, or for a fragment a line above the content that stays as it is."""
    if is_api(request):
        return problem_of(exception).response(request.path)
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
    if is_api(request):
        return problem_of(exception).response(request.path)
    return _message(
        request,
        404,
        "There is nothing here",
        "No page or row has this address. It may have been mistyped.",
        "Go to the dashboard, or find the row in its list.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request's context: whatever failed may be in it."""
    if is_api(request):
        return Problem("internal", "It was logged with its time.").response(request.path)
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

"""Who hears of alerts, when not, and how long a gateway may be quiet: pages for administrators."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from integrations.alert_forms import RhythmForm, RouteForm, SilenceForm
from integrations.choices import AlertKind, DeliveryState
from integrations.clock import wall_now
from integrations.models import AlertDelivery, AlertRoute, AlertSilence, Connection
from integrations.pages import DutyPage
from integrations.services import alert_routes
from integrations.services.alert_routing import environment_routes
from integrations.services.alert_watch import gateways

DELIVERIES_SHOWN = 15


class AlertSettings(DutyPage):
    """Everybody may see who is told; administrators may change it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return settings_page(request, SilenceForm(), 200)


def settings_page(request: HttpRequest, form: SilenceForm, status: int) -> HttpResponse:
    silences = AlertSilence.objects.filter(until__gt=wall_now()).select_related("connection")
    deliveries = AlertDelivery.objects.select_related("route").defer("events", "digest")
    context = {
        "title": "Alert routes",
        "routes": [
            (route, [AlertKind(kind).label for kind in route.kinds if kind in AlertKind.values])
            for route in AlertRoute.objects.select_related("connection")
        ],
        "given": environment_routes(),
        "silences": [
            (each, AlertKind(each.kind).label if each.kind else "All kinds") for each in silences
        ],
        "gateways": list(gateways()),
        "deliveries": list(deliveries.order_by("-id")[:DELIVERIES_SHOWN]),
        "undelivered": AlertDelivery.objects.filter(
            state=DeliveryState.DUE, attempts__gt=0
        ).count(),
        "form": form,
        "may_change": may(request.user, Duty.MANAGE_ALERTS),
    }
    return render(request, "integrations/alert_settings.html", context, status=status)


class AdminPage(DutyPage):
    duty = Duty.MANAGE_ALERTS

    def back(self) -> HttpResponse:
        return HttpResponseRedirect(reverse("alert-settings"))


class RoutePage(AdminPage):
    """The form of a route; a wrong one comes back as it was entered."""

    def route(self, pk: int | None) -> AlertRoute:
        return AlertRoute() if pk is None else get_object_or_404(AlertRoute, pk=pk)

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        route = self.route(pk)
        return self.page(request, route, RouteForm(instance=route), 200)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        require(request.user, Duty.MANAGE_ALERTS)
        route = self.route(pk)
        form = RouteForm(request.POST, instance=route)
        if not form.is_valid():
            return self.page(request, self.route(pk), form, 422)
        saved = form.save(commit=False)
        alert_routes.save_route(saved, form.cleaned_data["secret"], user_actor(request.user))
        messages.success(request, f"{saved.name} is kept. Send a test message to be sure.")
        return self.back()

    def page(
        self, request: HttpRequest, route: AlertRoute, form: RouteForm, status: int
    ) -> HttpResponse:
        context = {"title": route.name or "New route", "route": route, "form": form}
        return render(request, "integrations/alert_route.html", context, status=status)


class NewRoute(RoutePage):
    pass


class ChangeRoute(RoutePage):
    pass


class TestRoute(AdminPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        route = get_object_or_404(AlertRoute, pk=pk)
        alert_routes.send_test(route, user_actor(request.user))
        messages.success(request, f"A test message to {route.address} is on its way.")
        return self.back()


class NewSilence(AdminPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SilenceForm(request.POST)
        if not form.is_valid():
            return settings_page(request, form, 422)
        given = form.cleaned_data
        alert_routes.silence(
            given["kind"],
            given["connection"],
            wall_now() + timedelta(hours=given["hours"]),
            given["reason"],
            user_actor(request.user),
        )
        messages.success(request, "Nobody is told of it until then; the list of alerts shows it.")
        return self.back()


class EndSilence(AdminPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        made = get_object_or_404(AlertSilence, pk=pk)
        if alert_routes.end_silence(made, user_actor(request.user)):
            messages.success(request, "The silence is over.")
        else:
            messages.info(request, "This silence was over already.")
        return self.back()


class Rhythm(AdminPage):
    """After how many hours without a fact of a gateway operations hear of it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = get_object_or_404(Connection, pk=pk)
        form = RhythmForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Hours are a whole number from 0 (never) to 2000.")
            return self.back()
        hours: int = form.cleaned_data["hours"]
        alert_routes.set_quiet_after(connection, hours, user_actor(request.user))
        messages.success(request, f"{connection.name}: {f'{hours} hours' if hours else 'never'}.")
        return self.back()

"""Alerts: what is and was wrong, who looks after it, and what was sent to whom."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from console import formats
from console.views import ListPage
from integrations.alert_links import page_of
from integrations.alert_tables import ALERTS, AlertFilter, state_tag
from integrations.choices import AlertState
from integrations.models import Alert
from integrations.pages import DutyPage
from integrations.services import alerts


class AlertList(DutyPage, ListPage):
    title = "Alerts"
    table = ALERTS
    filter_class = AlertFilter
    empty = "An alert appears here when something is wrong. Who is told is in “Alert routes”."

    def rows(self) -> QuerySet[Alert]:
        return Alert.objects.all()


class AlertDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        alert = get_object_or_404(Alert.objects.select_related("connection"), pk=pk)
        can_acknowledge = (
            alert.state == AlertState.OPEN
            and alert.acknowledged_at is None
            and may(request.user, Duty.ACKNOWLEDGE_ALERTS)
        )
        context = {
            "title": formats.said(alert.title),
            "alert": alert,
            "state": state_tag(alert),
            "about": page_of(alert),
            "deliveries": list(alerts.deliveries_of(alert)),
            "can_acknowledge": can_acknowledge,
        }
        return render(request, "integrations/alert.html", context)


class Acknowledge(DutyPage):
    """What has no end of its own ends with it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.ACKNOWLEDGE_ALERTS, ("alert", str(pk)))
        alert = get_object_or_404(Alert, pk=pk)
        if alerts.acknowledge(alert, user_actor(request.user)):
            messages.success(request, "You look after it.")
        else:
            alert.refresh_from_db()
            messages.info(request, f"{alert.acknowledged_by} looks after it already.")
        return HttpResponseRedirect(reverse("alert", args=[pk]))

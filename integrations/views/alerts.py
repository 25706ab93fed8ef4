"""Alerts: what is and was wrong, who looks after it, and what was sent to whom."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from console import formats
from console.counting import Count
from console.keyset import Order, fetch_page
from console.keyset import Page as KeysetPage
from console.views import ListPage
from integrations.alert_groups import alike
from integrations.alert_links import page_of
from integrations.alert_tables import ALERTS, AlertListFilter, state_tag
from integrations.choices import AlertState
from integrations.models import Alert
from integrations.pages import DutyPage
from integrations.services import alerts

#: So many that are alike stand on the page of one.
ALIKE_SHOWN: Final = 20


class AlertList(DutyPage, ListPage):
    title = "Alerts"
    table = ALERTS
    filter_class = AlertListFilter
    empty = "An alert appears here when something is wrong. Who is told is in “Alert routes”."

    def rows(self) -> QuerySet[Alert]:
        return Alert.objects.all()

    def page(
        self, request: HttpRequest, found: QuerySet[Any], order: Order, count: Count
    ) -> KeysetPage[Any]:
        """Read from what was filtered: how many a row stands for is a matter of the filter."""
        cursor = request.GET.get("page", "")
        return fetch_page(found, order, cursor, self.rows_per_page)


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
            "alike": list(alike(alert)[:ALIKE_SHOWN]),
            "alike_number": alike(alert).count(),
        }
        return render(request, "integrations/alert.html", context)


class Acknowledge(DutyPage):
    """What has no end of its own ends with it. On demand also for all that are alike."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.ACKNOWLEDGE_ALERTS, ("alert", str(pk)))
        alert = get_object_or_404(Alert, pk=pk)
        others = [] if request.POST.get("alike") != "yes" else list(alike(alert))
        actor = user_actor(request.user)
        if alerts.acknowledge(alert, actor):
            taken = 1 + sum(alerts.acknowledge(each, actor) for each in others)
            messages.success(request, f"You look after {'it' if taken == 1 else f'all {taken:,}'}.")
        else:
            alert.refresh_from_db()
            messages.info(request, f"{alert.acknowledged_by} looks after it already.")
        return HttpResponseRedirect(reverse("alert", args=[pk]))

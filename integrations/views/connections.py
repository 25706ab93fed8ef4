"""Connections with their health; read-only here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty, may
from console import formats
from integrations.clock import business_now, wall_now
from integrations.health import all_health, health_of
from integrations.models import Connection, Envelope, Pair
from integrations.pages import DutyPage

ENVELOPES_SHOWN = 12


class ConnectionList(DutyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        now = business_now()
        rows = [(each, formats.ago_text(each.newest, now)) for each in all_health(wall_now())]
        context = {"title": "Connections", "rows": rows}
        return render(request, "integrations/connections.html", context)


class ConnectionDetail(DutyPage):
    """Health, pulls, pairs, and the newest envelopes without their bytes."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = get_object_or_404(Connection.objects.prefetch_related("pulls"), pk=pk)
        now = wall_now()
        health = health_of(connection, now)
        pairs = Pair.objects.select_related("gateway", "erp", "bank").order_by("name")
        context = {
            "title": connection.name,
            "connection": connection,
            "health": health,
            "is_resting": bool(connection.paused_until and connection.paused_until > now),
            "age": formats.ago_text(health.newest, business_now()),
            "may_open_envelopes": may(request.user, Duty.VIEW_ENVELOPES),
            "pairs": [
                pair
                for pair in pairs
                if connection.pk in (pair.gateway_id, pair.erp_id, pair.bank_id)
            ],
            "envelopes": list(
                Envelope.objects.filter(connection=connection)
                .defer("body", "headers", "guard_findings")
                .order_by("-id")[:ENVELOPES_SHOWN]
            ),
        }
        return render(request, "integrations/connection.html", context)

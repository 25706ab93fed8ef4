"""The list of alerts: columns, tones and filters."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from console.filters import ListFilter, choice, from_moment, to_moment
from console.keyset import Order
from console.tables import Column, Table
from integrations.alert_kinds import AlertKind, AlertState, Audience, kinds_for
from integrations.models import Alert


class AlertFilter(ListFilter):
    state = choice("State", AlertState.choices)
    audience = choice("For", Audience.choices, method="for_audience")
    kind = choice("Kind", AlertKind.choices)
    since = from_moment("last_at")
    until = to_moment("last_at")

    def for_audience(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(kind__in=kinds_for(value))


def state_tag(alert: Alert) -> SafeString:
    if alert.state == AlertState.CLEARED:
        return formats.tag("Over", "good")
    if alert.acknowledged_at:
        return formats.tag("Looked after", "info")
    return formats.tag("Urgent" if alert.meaning.is_urgent else "Open", "bad")


ALERTS: Final = Table[Alert](
    caption="Alerts",
    order=Order("last_at"),
    columns=(
        Column(
            "last_at",
            "Last seen",
            lambda row: row.last_at,
            lambda row: formats.link(
                reverse("alert", args=[row.pk]), formats.moment_text(row.last_at)
            ),
            sort="last_at",
        ),
        Column(
            "title",
            "What",
            lambda row: row.title,
            lambda row: formats.text(formats.said(row.title)),
            css="wide",
        ),
        Column("state", "State", lambda row: row.get_state_display(), state_tag),
        Column("kind", "Kind", lambda row: row.meaning.label),
        Column("audience", "For", lambda row: row.meaning.audience.label),
        Column(
            "count",
            "Seen",
            lambda row: row.count,
            lambda row: formats.text(f"{row.count:,} ×"),
            is_number=True,
        ),
        Column(
            "opened_at",
            "Since",
            lambda row: row.opened_at,
            lambda row: formats.moment(row.opened_at),
        ),
        Column("acknowledged_by", "Looked after by", lambda row: row.acknowledged_by),
    ),
)

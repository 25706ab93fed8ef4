"""The list of alerts: columns, tones and filters."""

from __future__ import annotations

from typing import Any, Final

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import formats
from console.filters import ListFilter, choice, from_moment, to_moment
from console.keyset import Order
from console.tables import Column, Table
from integrations.alert_groups import each, grouped
from integrations.alert_kinds import AlertKind, AlertState, Audience, kinds_for
from integrations.models import Alert, Connection


class AlertFilter(ListFilter):
    state = choice("State", AlertState.choices)
    audience = choice("For", Audience.choices, method="for_audience")
    kind = choice("Kind", AlertKind.choices)
    since = from_moment("last_at")
    until = to_moment("last_at")

    def for_audience(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(kind__in=kinds_for(value))


class AlertListFilter(AlertFilter):
    """The list's own: alerts that are alike are one row, unless every one is asked for."""

    connection = django_filters.ModelChoiceFilter(
        label="Connection", queryset=Connection.objects.order_by("name"), empty_label="All"
    )
    rows = choice("Rows", [("each", "Every alert")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["rows"].extra["empty_label"] = "One for all that are alike"
        self.filters["rows"].method = _as_they_are

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)
        return each(found) if self.form.cleaned_data.get("rows") else grouped(found)

    @property
    def qs(self) -> QuerySet[Any]:
        found: QuerySet[Any] = super().qs
        return found if self.is_bound else grouped(found)


def _as_they_are(queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
    """What is one row is settled last, when everything else has been filtered."""
    return queryset


def number(alert: Alert) -> int:
    """How many alerts the row stands for."""
    return int(getattr(alert, "alerts", 1))


def title_link(alert: Alert) -> SafeString:
    """The newest one's title, with how many more are like it."""
    link = formats.link(reverse("alert", args=[alert.pk]), formats.said(alert.title))
    others = number(alert) - 1
    more = f"({others:,} more like it)" if others else ""
    return format_html('{} <span class="soft">{}</span>', link, more) if more else link


def state_tag(alert: Alert) -> SafeString:
    if alert.state == AlertState.CLEARED:
        return formats.tag("Over", "good")
    if alert.acknowledged_at:
        return formats.tag("Looked after", "info")
    return formats.tag("Urgent" if alert.meaning.is_urgent else "Open", "bad")


ALERTS: Final = Table[Alert](
    caption="Alerts",
    order=Order("last_at"),
    card=("state", "last_at"),
    columns=(
        Column("title", "What", lambda row: row.title, title_link, css="wide"),
        Column("state", "State", lambda row: row.get_state_display(), state_tag),
        Column(
            "alerts",
            "Alerts",
            number,
            lambda row: formats.text(formats.number_text(number(row))),
            is_number=True,
        ),
        Column(
            "last_at",
            "Last seen",
            lambda row: row.last_at,
            lambda row: formats.moment(row.last_at),
            sort="last_at",
        ),
        Column(
            "opened_at",
            "Since",
            lambda row: getattr(row, "since", row.opened_at),
            lambda row: formats.moment(getattr(row, "since", row.opened_at)),
        ),
        Column("kind", "Kind", lambda row: row.meaning.label),
        Column("audience", "For", lambda row: row.meaning.audience.label),
        Column("acknowledged_by", "Looked after by", lambda row: row.acknowledged_by),
        Column(
            "count",
            "Times seen",
            lambda row: row.count,
            lambda row: formats.text(f"{row.count:,} ×"),
            is_number=True,
            is_extra=True,
        ),
    ),
)

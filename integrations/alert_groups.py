"""Alerts that are alike: of one kind, about one connection, and no further than each other.

Where each day's money or each batch is news, one trouble makes many alerts. A list shows the newest
of them, and how many there are.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from integrations.models import Alert

#: What alerts that are alike have in common.
ALIKE: Final = ("kind", "state", "about", "is_new")


def grouped(found: QuerySet[Any]) -> QuerySet[Any]:
    """The newest of each group: with `alerts`, how many it is of, and `since`, when they began."""
    keyed = _keyed(found).order_by()
    newest = keyed.values(*ALIKE).annotate(newest=Max("pk")).values("newest")
    same = keyed.filter(**{name: OuterRef(name) for name in ALIKE}).values(*ALIKE)
    rows: QuerySet[Any] = _keyed(found.filter(pk__in=newest)).annotate(
        alerts=Subquery(same.annotate(number=Count("pk")).values("number")),
        since=Subquery(same.annotate(first=Min("opened_at")).values("first")),
    )
    return rows


def each(found: QuerySet[Any]) -> QuerySet[Any]:
    """Every alert for itself, as a list shows groups."""
    rows: QuerySet[Any] = found.annotate(since=F("opened_at"))
    return rows


def alike(alert: Alert) -> QuerySet[Alert]:
    """The others of its group, the newest first."""
    found = Alert.objects.filter(
        kind=alert.kind,
        state=alert.state,
        connection=alert.connection_id,
        acknowledged_at__isnull=alert.acknowledged_at is None,
    )
    return found.exclude(pk=alert.pk).order_by("-last_at", "-pk")


def _keyed(found: QuerySet[Any]) -> QuerySet[Any]:
    keyed: QuerySet[Any] = found.annotate(
        about=Coalesce("connection_id", 0), is_new=Q(acknowledged_at__isnull=True)
    )
    return keyed

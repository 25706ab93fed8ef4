"""Pure decisions about alerts: which route hears of one, and when not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from integrations.choices import AlertKind
from integrations.models import Alert, AlertRoute, AlertSilence


def fits(route: AlertRoute, alert: Alert) -> bool:
    """Whether a route is to hear of an alert. Nobody is told by a route that it does not work."""
    kind = AlertKind(alert.kind)
    if kind == AlertKind.ALERT_UNDELIVERED and alert.subject == delivery_subject(route):
        return False
    if route.kinds and kind.value not in route.kinds:
        return False
    if route.audience and kind.audience != route.audience:
        return False
    if route.connection_id is None or alert.connection_id is None:
        return True
    return route.connection_id == alert.connection_id


def delivery_subject(route: AlertRoute) -> str:
    """What an alert about a route that does not deliver is about."""
    return f"route:{route.pk}" if route.pk else f"address:{route.address}"


def quiet_until(route: AlertRoute, now: datetime) -> datetime | None:
    """The end of the quiet hours that a moment is in; None outside of them.

    Hours are of the route's zone. An end at or before its beginning is of the next day.
    """
    if route.quiet_from is None or route.quiet_to is None or route.quiet_from == route.quiet_to:
        return None
    local = now.astimezone(ZoneInfo(route.time_zone))
    for back in (0, 1):
        begins = _at(local - timedelta(days=back), route.quiet_from)
        ends = _at(local - timedelta(days=back), route.quiet_to)
        if route.quiet_to <= route.quiet_from:
            ends = _at(local - timedelta(days=back - 1), route.quiet_to)
        if begins <= local < ends:
            return ends.astimezone(UTC)
    return None


def _at(day: datetime, moment: time) -> datetime:
    return datetime.combine(day.date(), moment, day.tzinfo)


def silenced_until(alert: Alert, silences: Iterable[AlertSilence]) -> datetime | None:
    """The latest end of the silences that an alert falls under."""
    ends = [
        silence.until
        for silence in silences
        if silence.kind in ("", alert.kind) and silence.connection_id in (None, alert.connection_id)
    ]
    return max(ends, default=None)

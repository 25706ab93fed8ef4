"""Settle who hears of what: alerts that are to be told become messages to addresses.

A drain. What is raised or over at the same time goes to an address in one message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from audit.acting import PERSON
from integrations.alert_links import page_of, public
from integrations.alert_rules import fits, quiet_until, silenced_until
from integrations.choices import AlertState, Audience, Channel, DeliveryState, NoticeKind
from integrations.clock import wall_now
from integrations.models import Alert, AlertDelivery, AlertRoute, AlertSilence

WAITING: Final = """EXISTS (
    SELECT 1 FROM integrations_alert
     WHERE (tell_opened OR tell_cleared) AND tell_at <= %(wall)s)"""


@dataclass(frozen=True, slots=True)
class News:
    """That an alert has opened, or is over."""

    alert: Alert
    is_over: bool


def drain(limit: int = 200) -> int:
    """Make messages of a portion of the alerts that are to be told; how many alerts those were."""
    now = wall_now()
    with transaction.atomic():
        found = (
            Alert.objects.filter(Q(tell_opened=True) | Q(tell_cleared=True), tell_at__lte=now)
            .select_related("connection")
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("tell_at", "id")[:limit]
        )
        alerts = list(found)
        silences = list(AlertSilence.objects.filter(until__gt=now))
        told = [news for alert in alerts if (news := _news(alert, silences)) is not None]
        _address(told, now)
    return len(alerts)


def _news(alert: Alert, silences: Sequence[AlertSilence]) -> News | None:
    """What is to be told of it now, if anything; notes that it has been looked at."""
    is_over = alert.state == AlertState.CLEARED
    until = silenced_until(alert, silences)
    if not is_over and until is not None:
        alert.tell_at = until
        alert.save(update_fields=["tell_at"])
        return None
    # What was over before anybody was told is in the list of alerts, and needs nobody.
    tells = alert.tell_opened != is_over
    alert.tell_opened = alert.tell_cleared = False
    alert.save(update_fields=["tell_opened", "tell_cleared"])
    return News(alert, is_over) if tells and until is None else None


def _address(told: Iterable[News], now: datetime) -> None:
    """One message for each address; what can wait out quiet hours goes into their one message."""
    routes = list(AlertRoute.objects.filter(is_active=True))
    given = environment_routes()
    at_once: dict[int, list[News]] = defaultdict(list)
    later: dict[int, list[News]] = defaultdict(list)
    hearers: dict[int, AlertRoute] = {}
    owners: dict[str, AlertRoute | None] = {}
    for news in told:
        hears = [route for route in routes if fits(route, news.alert)]
        hears = hears or [route for route in given if fits(route, news.alert)]
        for route in [*hears, *_owner(news.alert, hears, owners)]:
            if news.is_over and not route.sends_recoveries:
                continue
            hearers[id(route)] = route
            waits = quiet_until(route, now) is not None and not news.alert.meaning.is_urgent
            (later if waits else at_once)[id(route)].append(news)
    for key, news_of in at_once.items():
        _message(hearers[key], news_of, now)
    for key, news_of in later.items():
        _collect(hearers[key], news_of, now)


def _owner(
    alert: Alert, hears: Sequence[AlertRoute], owners: dict[str, AlertRoute | None]
) -> list[AlertRoute]:
    """The person who looks after what it is about, by mail, unless a route tells them already."""
    if not alert.owner.startswith(PERSON):
        return []
    if alert.owner not in owners:
        name = alert.owner.removeprefix(PERSON)
        found = User.objects.filter(username=name, is_active=True).exclude(email="").first()
        owners[alert.owner] = (
            AlertRoute(name=name, channel=Channel.EMAIL, address=found.email) if found else None
        )
    route = owners[alert.owner]
    told = {part.strip().casefold() for each in hears for part in each.address.split(",")}
    return [route] if route is not None and route.address.casefold() not in told else []


def environment_routes() -> list[AlertRoute]:
    """Addresses of the environment: they hear what no route of the database is there for."""
    addresses: dict[str, Sequence[str]] = {
        Audience.OPERATIONS: settings.TIEOUT_ALERT_EMAILS,
        Audience.FINANCE: settings.TIEOUT_FINANCE_EMAILS or settings.TIEOUT_ALERT_EMAILS,
    }
    return [
        AlertRoute(
            name=f"{address} (environment)",
            channel=Channel.EMAIL,
            address=address,
            audience=audience,
            digest_at=time(7),
            sends_digest=audience == Audience.FINANCE and bool(settings.TIEOUT_FINANCE_EMAILS),
        )
        for audience, named in addresses.items()
        for address in named
    ]


def _message(route: AlertRoute, news: Sequence[News], now: datetime) -> None:
    AlertDelivery.objects.create(
        route=route if route.pk else None,
        channel=route.channel,
        address=route.address,
        notice=NoticeKind.ALERT,
        events=[event(each) for each in news],
        due_at=now,
        created_at=now,
    )


def _collect(route: AlertRoute, news: Sequence[News], now: datetime) -> None:
    """Add to the message that goes out when the route's quiet hours end."""
    waiting = AlertDelivery.objects.filter(
        route=route, collects=True, state=DeliveryState.DUE, attempts=0
    )
    delivery = waiting.select_for_update().first()
    if delivery is None:
        _message(route, news, now)
        delivery = AlertDelivery.objects.filter(route=route).latest("id")
        delivery.collects = True
        delivery.due_at = quiet_until(route, now) or now
    else:
        delivery.events = [*delivery.events, *(event(each) for each in news)]
    delivery.save(update_fields=["events", "collects", "due_at"])


def event(news: News) -> dict[str, Any]:
    """What a message tells of an alert, as it is now."""
    alert = news.alert
    return {
        "id": str(alert.uid),
        "event": "cleared" if news.is_over else "opened",
        "kind": alert.kind,
        "kind_label": alert.meaning.label,
        "audience": alert.meaning.audience.value,
        "is_urgent": alert.meaning.is_urgent,
        "subject": alert.subject,
        "title": alert.title,
        "detail": alert.detail,
        "connection": alert.connection.slug if alert.connection else "",
        "connection_name": alert.connection.name if alert.connection else "",
        "count": alert.count,
        "opened_at": alert.opened_at.isoformat(),
        "last_at": alert.last_at.isoformat(),
        "cleared_at": alert.cleared_at.isoformat() if alert.cleared_at else "",
        "url": public(page_of(alert)),
    }

"""Troubles that rows show by themselves: paused and quiet connections, answers long unknown.

A drain that looks every so often and makes the open alerts what they should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from django.db.models import Count, Min, QuerySet

from audit.pace import Pace
from integrations.choices import (
    AlertKind,
    AlertState,
    AttemptOutcome,
    ConnectionState,
    PostingState,
)
from integrations.clock import business_now, wall_now
from integrations.contracts import Capability
from integrations.models import Alert, Connection, Posting
from integrations.services import alerts
from integrations.services.alerts import Wanted

WAITING: Final = "true"
EVERY: Final = 15.0
#: An answer that is unknown for so long is not being settled by look-ups.
UNKNOWN_FOR: Final = timedelta(minutes=15)
#: Refused webhooks that have stopped for so long are over.
SIGNATURES_OVER: Final = timedelta(minutes=15)


PACE: Final = Pace(EVERY)


def drain() -> int:
    """Look at everything, if it is time; how many alerts changed."""
    return look() if PACE.is_due() else 0


def look() -> int:
    steps: Iterable[Callable[[], int]] = (look_at_paused, _quiet, _unknown, _signatures)
    return sum(step() for step in steps)


def look_at_paused() -> int:
    """Paused by a person: what the vendor asked for passes by itself."""
    wanted = {
        f"connection:{row.pk}": Wanted(
            f"{row.name} is paused; nothing is read from it or sent to it.", row.pause_reason, row
        )
        for row in Connection.objects.filter(state=ConnectionState.PAUSED)
    }
    return alerts.keep(AlertKind.CONNECTION_PAUSED, "connection:", wanted)


def gateways() -> QuerySet[Connection]:
    """Connections from which payments are read."""
    return Connection.objects.filter(pulls__stream=Capability.TRANSACTIONS).order_by("name")


def _quiet() -> int:
    now = business_now()
    wanted = {
        f"connection:{row.pk}": Wanted(
            f"{row.name}: nothing has come for {row.quiet_after_hours} hours.",
            f"The newest fact is of {row.newest_fact_at:%Y-%m-%d %H:%M} UTC.",
            row,
        )
        for row in gateways().filter(
            state=ConnectionState.ACTIVE, quiet_after_hours__gt=0, newest_fact_at__isnull=False
        )
        if row.newest_fact_at and now - row.newest_fact_at > timedelta(hours=row.quiet_after_hours)
    }
    return alerts.keep(AlertKind.CONNECTION_QUIET, "connection:", wanted)


def _unknown() -> int:
    found = (
        Posting.objects.filter(state=PostingState.UNKNOWN, attempts__outcome=AttemptOutcome.UNKNOWN)
        .values("target_id")
        .annotate(number=Count("id", distinct=True), since=Min("attempts__ended_at"))
        .filter(since__lt=wall_now() - UNKNOWN_FOR)
        .order_by()
    )
    by_target = {row["target_id"]: row for row in found}
    wanted = {
        f"connection:{target.pk}": Wanted(
            f"{target.name}: it is not known whether a document was taken.",
            f"Postings: {by_target[target.pk]['number']}. The oldest has been looked up since"
            f" {by_target[target.pk]['since']:%Y-%m-%d %H:%M} UTC.",
            target,
        )
        for target in Connection.objects.filter(pk__in=by_target)
    }
    return alerts.keep(AlertKind.UNKNOWN_OUTCOME, "connection:", wanted)


def _signatures() -> int:
    over = Alert.objects.filter(
        kind=AlertKind.WEBHOOK_SIGNATURES,
        state=AlertState.OPEN,
        last_at__lt=wall_now() - SIGNATURES_OVER,
    )
    return sum(alerts.clear(alert.kind, alert.subject) for alert in over)

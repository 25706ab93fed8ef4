"""Alerts: raise one, clear it, acknowledge it. Who hears of it is settled later, by a drain.

Raising is one or two statements inside the caller's transaction: it commits or goes with what
it tells. Nothing here talks to a mail server or to anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from audit import services as audit
from audit.acting import require_actor
from audit.redaction import redact
from audit.roles import Duty
from integrations.choices import AlertKind, AlertState
from integrations.clock import wall_now
from integrations.locks import transaction_lock
from integrations.models import Alert, AlertDelivery, Connection
from integrations.services.lanes import wake

#: A trouble that comes back so soon after it was cleared is the same one; its end is told when
#: it has stayed away for so long.
FLAP: Final = timedelta(minutes=5)
#: The lane whose drains settle who hears of it, and tell them.
LANE: Final = "notify"
DELIVERIES_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an alert that should be open says."""

    title: str
    detail: str = ""
    connection: Connection | None = None
    owner: str = ""


def raise_alert(
    kind: str,
    subject: str,
    title: str,
    detail: str = "",
    connection: Connection | None = None,
    owner: str = "",
) -> None:
    """Open an alert, or count one more of the one that is open for this kind and subject.

    `owner`: the person who looks after it, as an actor; empty for a team.
    Raises ValueError for a kind that there is none of; delivery cannot fail here.
    """
    known = AlertKind(kind)
    now = wall_now()
    title, detail = _text(title, 200), _text(detail, 1000)
    with transaction.atomic():
        if _count_one_more(known, subject, title, detail, now):
            return
        # Two that find nothing open take turns: one opens it, the other counts.
        transaction_lock(f"alert:{known.value}:{subject}")
        if _count_one_more(known, subject, title, detail, now):
            return
        alert, action = _reopened(known, subject, title, detail, now), "alert.reopened"
        if alert is None:
            action = "alert.opened"
            alert = Alert.objects.create(
                kind=known,
                subject=subject[:160],
                title=title,
                detail=detail,
                connection=connection,
                owner=owner,
                opened_at=now,
                last_at=now,
                tell_at=now,
            )
        _record(action, alert, "worker", title)
        wake(LANE)


def _text(text: str, limit: int) -> str:
    cleaned = str(redact(text)).replace("\0", "\ufffd")
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def _count_one_more(kind: AlertKind, subject: str, title: str, detail: str, now: datetime) -> bool:
    return bool(
        Alert.objects.filter(kind=kind, subject=subject[:160], state=AlertState.OPEN).update(
            count=F("count") + 1, last_at=now, title=title, detail=detail
        )
    )


def _reopened(
    kind: AlertKind, subject: str, title: str, detail: str, now: datetime
) -> Alert | None:
    """The alert of the same trouble that was cleared just before, open again."""
    last = Alert.objects.filter(kind=kind, subject=subject[:160]).order_by("-id").first()
    if last is None or last.cleared_at is None or now - last.cleared_at > FLAP:
        return None
    last.state = AlertState.OPEN
    last.tell_opened = last.tell_opened or not last.tell_cleared  # its end has been told
    last.tell_cleared = False
    last.tell_at = now
    last.cleared_at = None
    last.count += 1
    last.last_at, last.title, last.detail = now, title, detail
    last.save()
    return last


def clear(kind: str, subject: str) -> bool:
    """The trouble is over; answers whether it was open. One cheap statement when it was not."""
    known = AlertKind(kind)
    with transaction.atomic():
        found = Alert.objects.filter(kind=known, subject=subject[:160], state=AlertState.OPEN)
        alert = found.select_for_update().first()
        if alert is None:
            return False
        alert.state = AlertState.CLEARED
        _end(alert, "worker")
    return True


def _end(alert: Alert, actor: str) -> None:
    alert.state = AlertState.CLEARED
    alert.cleared_at = wall_now()
    if alert.meaning.is_event:
        alert.tell_cleared = False
    else:
        alert.tell_cleared = True
        alert.tell_at = alert.cleared_at + (timedelta(0) if alert.tell_opened else FLAP)
    alert.save(update_fields=["state", "cleared_at", "tell_cleared", "tell_at"])
    _record("alert.cleared", alert, actor, alert.title)


def unattended() -> QuerySet[Alert]:
    """Open, and nobody has said that they look after it."""
    return Alert.objects.filter(state=AlertState.OPEN, acknowledged_at__isnull=True)


def deliveries_of(alert: Alert) -> QuerySet[AlertDelivery]:
    """The newest messages that told of an alert, with their routes."""
    found = AlertDelivery.objects.filter(events__contains=[{"id": str(alert.uid)}])
    return found.select_related("route").order_by("-id")[:DELIVERIES_SHOWN]


def acknowledge(alert: Alert, actor: str) -> bool:
    """Somebody looks after it; answers whether they are the first."""
    require_actor(actor, Duty.ACKNOWLEDGE_ALERTS, ("alert", str(alert.pk)))
    with transaction.atomic():
        is_first = bool(
            Alert.objects.filter(pk=alert.pk, acknowledged_at__isnull=True).update(
                acknowledged_at=wall_now(), acknowledged_by=actor[:80]
            )
        )
        if is_first:
            _record("alert.acknowledged", alert, actor, alert.title)
            alert.refresh_from_db()
            if alert.meaning.is_event and alert.state == AlertState.OPEN:
                _end(alert, actor)
    return is_first


def keep(kind: str, prefix: str, wanted: Mapping[str, Wanted]) -> int:
    """Make the open alerts of a kind, with subjects that begin so, what they should be.

    For troubles that are seen by looking at rows: raises what is not open or says something else
    by now, clears what is not wanted any more. Answers how many changed.
    """
    known = AlertKind(kind)
    found = Alert.objects.filter(kind=known, subject__startswith=prefix, state=AlertState.OPEN)
    open_now = {row.subject: row for row in found}
    changed = 0
    for subject, one in wanted.items():
        row = open_now.get(subject)
        detail = _text(one.detail, 1000)
        if row is None or row.title != _text(one.title, 200):
            raise_alert(kind, subject, one.title, one.detail, one.connection, one.owner)
            changed += 1
        elif row.detail != detail:
            Alert.objects.filter(pk=row.pk).update(detail=detail, last_at=wall_now())
    for subject in open_now.keys() - wanted.keys():
        changed += clear(kind, subject)
    return changed


def _record(action: str, alert: Alert, actor: str, summary: str) -> None:
    audit.record(
        action,
        ("alert", str(alert.pk)),
        actor=actor,
        summary=summary,
        details={"kind": str(alert.kind), "subject": alert.subject},
    )

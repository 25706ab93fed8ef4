"""Alerts: raise one, clear it, acknowledge it. Who hears of it is settled later, by a drain.

Raising is one or two statements inside the caller's transaction: it commits or goes with what
it tells. Nothing here talks to a mail server or to anybody else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection as database
from django.db import transaction
from django.db.models import F

from audit import services as audit
from audit.redaction import redact
from integrations.choices import AlertKind, AlertState
from integrations.clock import wall_now
from integrations.models import Alert, Connection

#: A trouble that comes back so soon after it was cleared is the same one; its end is told when
#: it has stayed away for so long.
FLAP: Final = timedelta(minutes=5)


def raise_alert(
    kind: str,
    subject: str,
    title: str,
    detail: str = "",
    connection: Connection | None = None,
) -> None:
    """Open an alert, or count one more of the one that is open for this kind and subject.

    Raises ValueError for a kind that there is none of; delivery cannot fail here.
    """
    known = AlertKind(kind)
    now = wall_now()
    title, detail = _text(title, 200), _text(detail, 1000)
    with transaction.atomic():
        if _count_one_more(known, subject, title, detail, now):
            return
        # Two that find nothing open take turns: one opens it, the other counts.
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [
                f"alert:{known.value}:{subject}",
            ])  # fmt: skip
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
                opened_at=now,
                last_at=now,
            )
        _record(action, alert, "worker", title)


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
        alert.cleared_at = wall_now()
        alert.tell_cleared = True
        alert.save(update_fields=["state", "cleared_at", "tell_cleared"])
        _record("alert.cleared", alert, "worker", alert.title)
    return True


def acknowledge(alert: Alert, actor: str) -> bool:
    """Somebody looks after it; answers whether they are the first."""
    with transaction.atomic():
        is_first = bool(
            Alert.objects.filter(pk=alert.pk, acknowledged_at__isnull=True).update(
                acknowledged_at=wall_now(), acknowledged_by=actor[:80]
            )
        )
        if is_first:
            _record("alert.acknowledged", alert, actor, alert.title)
    return is_first


def _record(action: str, alert: Alert, actor: str, summary: str) -> None:
    audit.record(
        action,
        ("alert", str(alert.pk)),
        actor=actor,
        summary=summary,
        details={"kind": str(alert.kind), "subject": alert.subject},
    )

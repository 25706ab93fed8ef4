"""Send what is due: a drain, never part of a request or of a posting.

A message is claimed (attempt counted, due again after a lease) and committed before it leaves, and
noted as sent afterwards. A worker that dies in between sends it once more, with the same id: each
message is sent at least once, and `uid` lets the receiver know a repeat.
"""

from __future__ import annotations

import logging
import smtplib
import time
from datetime import datetime, timedelta
from typing import Final

import httpx
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Exists, OuterRef

from audit import services as audit
from integrations.alert_addresses import is_shortened
from integrations.alert_kinds import AlertKind
from integrations.alert_rules import delivery_subject
from integrations.choices import Channel, DeliveryState
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.http import HttpClient, Timeouts
from integrations.models import AlertDelivery, AlertRoute
from integrations.redactor import Redactor
from integrations.services import alerts
from integrations.services.alert_messages import Message, message_of
from integrations.services.alert_routes import address_of, secret_of
from integrations.webhook_signature import sign

logger = logging.getLogger(__name__)

WAITING: Final = """EXISTS (
    SELECT 1 FROM integrations_alertdelivery WHERE state = 'due' AND due_at <= %(wall)s)"""
#: A claimed message is due again after this long: well beyond any time-out of sending.
LEASE: Final = timedelta(minutes=2)
BACKOFF_FIRST: Final = timedelta(seconds=30)
BACKOFF_CAP: Final = timedelta(hours=1)
#: About seven hours after the first.
LAST_ATTEMPT: Final = 12
#: So many failures in a row are told by another route, and in the console.
TOLD_AFTER: Final = 3
TIMEOUTS: Final = Timeouts(connect=5, read=10, write=10, pool=5, total=15)
#: A portion ends when it has taken this long, in seconds.
PORTION: Final = 20.0


def drain(limit: int = 20) -> int:
    """Send a portion of what is due; how many messages were tried."""
    began = time.monotonic()
    tried = 0
    while tried < limit and time.monotonic() - began < PORTION:
        delivery = _claim()
        if delivery is None:
            break
        _try(delivery)
        tried += 1
    return tried


def _claim() -> AlertDelivery | None:
    """The next message that is due. Behind one that failed, its address's others wait."""
    now = wall_now()
    earlier = AlertDelivery.objects.filter(
        channel=OuterRef("channel"),
        address=OuterRef("address"),
        state=DeliveryState.DUE,
        attempts__gt=0,
        id__lt=OuterRef("id"),
    )
    with transaction.atomic():
        delivery = (
            AlertDelivery.objects.filter(state=DeliveryState.DUE, due_at__lte=now)
            .filter(~Exists(earlier))
            .select_for_update(skip_locked=True)
            .order_by("due_at", "id")
            .first()
        )
        if delivery is not None:
            delivery.attempts += 1
            delivery.due_at = now + LEASE
            delivery.save(update_fields=["attempts", "due_at"])
    return delivery


def _try(delivery: AlertDelivery) -> None:
    """Send it and note what came of it; nothing that goes wrong leaves this function."""
    route = AlertRoute.objects.get(pk=delivery.route_id) if delivery.route_id else None
    try:
        message = message_of(delivery)
        if delivery.channel == Channel.WEBHOOK:
            _post(delivery, route, message)
        else:
            _mail(delivery, message)
    except (EdgeError, smtplib.SMTPException, OSError) as error:
        _failed(delivery, Redactor().clean(str(error)) or type(error).__name__)
    except Exception as error:
        logger.exception("An alert could not be sent.")
        _failed(delivery, f"A fault of our own: {type(error).__name__}")
    else:
        _sent(delivery)


def _mail(delivery: AlertDelivery, message: Message) -> None:
    sender = settings.DEFAULT_FROM_EMAIL
    host = sender.rpartition("@")[2].rstrip("> ") or "localhost"
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        sender,
        [part.strip() for part in delivery.address.split(",") if part.strip()],
        headers={"Message-ID": f"<{delivery.uid}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.send()


def _post(delivery: AlertDelivery, route: AlertRoute | None, message: Message) -> None:
    """Raises EdgeError unless the receiver answers 2xx. Its own repeats it knows by webhook-id."""
    # What was sealed is read from its route: a message keeps only what may be shown.
    address = address_of(route) if route and is_shortened(delivery.address) else delivery.address
    url = httpx.URL(address)
    secret = secret_of(route) if route else ""
    target = url.raw_path.decode()
    hidden = [secret, address, target] if address != delivery.address else [secret]
    message_id, now = str(delivery.uid), int(wall_now().timestamp())
    client = HttpClient(
        str(url.copy_with(raw_path=b"/")),
        sandbox=settings.TIEOUT_ALLOW_SANDBOX,
        redactor=Redactor([each for each in hidden if each]),
        timeouts=TIMEOUTS,
        body_limit=64 * 1024,
    )
    try:
        client.write(
            "POST",
            target,
            content=message.body,
            headers={
                "content-type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": str(now),
                "webhook-signature": sign(secret, message_id, now, message.body),
            },
        )
    finally:
        client.close()


def _sent(delivery: AlertDelivery) -> None:
    with transaction.atomic():
        AlertDelivery.objects.filter(pk=delivery.pk).update(
            state=DeliveryState.SENT, sent_at=wall_now(), problem=""
        )
        _record(delivery, "alert.sent", f"{delivery.get_notice_display()} to {delivery.address}.")
        alerts.clear(AlertKind.ALERT_UNDELIVERED, _subject(delivery))


def back_off(attempts: int) -> timedelta:
    doublings = min(max(attempts - 1, 0), 20)
    return min(BACKOFF_CAP, BACKOFF_FIRST * (1 << doublings))


def _failed(delivery: AlertDelivery, problem: str) -> None:
    is_last = delivery.attempts >= LAST_ATTEMPT
    due_at: datetime = wall_now() + back_off(delivery.attempts)
    with transaction.atomic():
        AlertDelivery.objects.filter(pk=delivery.pk).update(
            state=DeliveryState.FAILED if is_last else DeliveryState.DUE,
            problem=problem[:300],
            due_at=due_at,
        )
        if is_last:
            _record(delivery, "alert.not_sent", f"Given up: {delivery.address}. {problem}")
        if delivery.attempts >= TOLD_AFTER:
            title = f"Messages to {delivery.address} cannot be delivered."
            alerts.raise_alert(AlertKind.ALERT_UNDELIVERED, _subject(delivery), title, problem)


def _subject(delivery: AlertDelivery) -> str:
    return delivery_subject(AlertRoute(pk=delivery.route_id, address=delivery.address))


def _record(delivery: AlertDelivery, action: str, summary: str) -> None:
    audit.record(
        action,
        ("alert-delivery", str(delivery.uid)),
        actor="worker",
        summary=summary,
        details={"attempts": delivery.attempts, "alerts": [e["id"] for e in delivery.events]},
    )

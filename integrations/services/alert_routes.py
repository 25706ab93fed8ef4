"""Routes, silences and the rhythm of gateways: what administrators change, each with its entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from audit.acting import require_actor
from audit.roles import Duty
from integrations.alert_addresses import holds_secret, shortened
from integrations.choices import AlertState, Channel, NoticeKind
from integrations.clock import wall_now
from integrations.models import Alert, AlertDelivery, AlertRoute, AlertSilence, Connection
from integrations.services import lanes, vault
from integrations.services.alerts import LANE

#: What an audit entry says of a route: never the secret, only that there is one.
TOLD: Final = (
    "name", "channel", "address", "audience", "kinds", "connection_id", "is_active",
    "sends_recoveries", "sends_digest", "digest_at", "time_zone", "quiet_from", "quiet_to",
)  # fmt: skip


def _context(route: AlertRoute) -> str:
    return f"alert-route:{route.pk}"


def secret_of(route: AlertRoute) -> str:
    """The signing secret in clear: never for a page or a log."""
    sealed = vault.Sealed(route.key_id, bytes(route.ciphertext))
    return vault.decrypt(sealed, _context(route)).decode() if route.key_id else ""


def address_of(route: AlertRoute) -> str:
    """Where its messages go, in full: where that is a secret, never for a page or a log."""
    if not route.address_key_id:
        return route.address
    sealed = vault.Sealed(route.address_key_id, bytes(route.address_ciphertext))
    return vault.decrypt(sealed, f"{_context(route)}:address").decode()


def save_route(route: AlertRoute, secret: str, actor: str) -> AlertRoute:
    """Keep a new or changed route; an empty secret leaves the one there is.

    A webhook's address that is a secret itself is sealed, and shortened wherever it is shown.
    """
    require_actor(actor, Duty.MANAGE_ALERTS, ("alert-route", str(route.pk or "new")))
    is_new = route.pk is None
    with transaction.atomic():
        before = {} if is_new else _told(AlertRoute.objects.get(pk=route.pk))
        _save_with_address(route)
        if secret:
            sealed = vault.encrypt(secret.encode(), _context(route))
            route.key_id, route.ciphertext = sealed.key_id, sealed.ciphertext
            route.save(update_fields=["key_id", "ciphertext"])
        after = _told(route)
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        audit.record(
            "alert_route.added" if is_new else "alert_route.changed",
            ("alert-route", str(route.pk)),
            actor=actor,
            summary=f"Alerts to {route.address}.",
            details={
                "from": {name: before[name] for name in changed if name in before},
                "to": changed,
                "secret_replaced": bool(secret),
            },
        )
    return route


def _save_with_address(route: AlertRoute) -> None:
    """The full address of a sealed one is never written, not even on the way."""
    address = route.address
    if route.address_key_id and address == shortened(address_of(route)):
        route.save()  # What is shown came back unchanged: the sealed one stays.
        return
    is_secret = route.channel == Channel.WEBHOOK and holds_secret(address)
    route.address = shortened(address) if is_secret else address
    route.address_key_id, route.address_ciphertext = "", b""
    route.save()
    if is_secret:
        sealed = vault.encrypt(address.encode(), f"{_context(route)}:address")
        route.address_key_id, route.address_ciphertext = sealed.key_id, sealed.ciphertext
        route.save(update_fields=["address_key_id", "address_ciphertext"])


def _told(route: AlertRoute) -> dict[str, Any]:
    values = {name: getattr(route, name) for name in TOLD}
    return {
        name: value if isinstance(value, bool | int | list) or value is None else str(value)
        for name, value in values.items()
    }


def send_test(route: AlertRoute, actor: str) -> AlertDelivery:
    """Put a test message on its way, as any other."""
    require_actor(actor, Duty.MANAGE_ALERTS, ("alert-route", str(route.pk)))
    now = wall_now()
    with transaction.atomic():
        delivery = AlertDelivery.objects.create(
            route=route,
            channel=route.channel,
            address=route.address,
            notice=NoticeKind.TEST,
            due_at=now,
            created_at=now,
        )
        audit.record(
            "alert_route.tested",
            ("alert-route", str(route.pk)),
            actor=actor,
            summary=f"Test message to {route.address}.",
        )
        lanes.wake(LANE)
    return delivery


def silence(
    kind: str, connection: Connection | None, until: datetime, reason: str, actor: str
) -> AlertSilence:
    """Tell nobody of a kind, a connection, or both together until then."""
    require_actor(actor, Duty.MANAGE_ALERTS)
    with transaction.atomic():
        made = AlertSilence.objects.create(
            kind=kind,
            connection=connection,
            until=until,
            reason=reason,
            created_by=actor[:80],
            created_at=wall_now(),
        )
        _record_silence("alert_silence.added", made, actor)
    return made


def end_silence(made: AlertSilence, actor: str) -> bool:
    """End it now; what it held back is told at once. Answers whether it was still in force."""
    require_actor(actor, Duty.MANAGE_ALERTS, ("alert-silence", str(made.pk)))
    now = wall_now()
    with transaction.atomic():
        if not AlertSilence.objects.filter(pk=made.pk, until__gt=now).update(until=now):
            return False
        held = Q(state=AlertState.OPEN, tell_opened=True, tell_at__gt=now)
        if made.kind:
            held &= Q(kind=made.kind)
        if made.connection_id:
            held &= Q(connection=made.connection_id)
        Alert.objects.filter(held).update(tell_at=now)
        _record_silence("alert_silence.ended", made, actor)
        lanes.wake(LANE)
    return True


def _record_silence(action: str, made: AlertSilence, actor: str) -> None:
    audit.record(
        action,
        ("alert-silence", str(made.pk)),
        actor=actor,
        summary=made.reason,
        details={"kind": made.kind, "connection": made.connection_id, "until": made.until},
    )


def set_quiet_after(connection: Connection, hours: int, actor: str) -> None:
    """After so many hours without a fact of a gateway operations hear of it; 0 is never."""
    require_actor(actor, Duty.MANAGE_ALERTS, connection)
    with transaction.atomic():
        before = Connection.objects.select_for_update().get(pk=connection.pk).quiet_after_hours
        if before == hours:
            return
        Connection.objects.filter(pk=connection.pk).update(quiet_after_hours=hours)
        audit.record(
            "connection.quiet_after_changed",
            connection,
            actor=actor,
            summary=f"{connection.name}: alert after {hours} hours without a fact.",
            details={"from": before, "to": hours},
        )

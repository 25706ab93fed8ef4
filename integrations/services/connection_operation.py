"""What one person may do with a connection at once: pause, resume, rhythm, retire an old secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from audit import services as audit
from audit.holders import KeyHolder
from audit.roles import Duty, require
from integrations.choices import ConnectionState
from integrations.clock import wall_now
from integrations.models import Connection, Credential, Pull
from integrations.services import alert_watch, restored, vault
from integrations.services.connection_apply import ChangeError

OPERATION: Final = ("open_after_failures", "quiet_after_hours")


def pause(user: User | AnonymousUser | KeyHolder, connection: Connection, reason: str) -> None:
    """Nothing is read from it or sent to it until somebody resumes it. Raises ChangeError."""
    require(user, Duty.MANAGE_CONNECTIONS, connection)
    actor = audit.user_actor(user)
    if not reason.strip():
        raise ChangeError("Say why it is paused: whoever finds it paused reads that.")
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.state == ConnectionState.PAUSED:
            raise ChangeError("It is paused already.")
        row.state, row.pause_reason = ConnectionState.PAUSED, reason.strip()[:200]
        row.paused_at, row.paused_by = wall_now(), actor[:160]
        row.save(update_fields=["state", "pause_reason", "paused_at", "paused_by", "updated_at"])
        audit.record("connection.paused", row, actor=actor, summary=row.pause_reason)
        alert_watch.look_at_paused()


def resume(user: User | AnonymousUser | KeyHolder, connection: Connection) -> None:
    """Work goes on where it stopped. Raises ChangeError."""
    require(user, Duty.MANAGE_CONNECTIONS, connection)
    actor = audit.user_actor(user)
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.state != ConnectionState.PAUSED:
            raise ChangeError("It is not paused.")
        if row.pause_reason == restored.REASON:
            raise ChangeError(
                "It is paused because the database came back from a backup: check the ERP, then"
                " resume all connections together with “manage.py restored --resume”."
            )
        was = row.pause_reason
        row.state, row.pause_reason = ConnectionState.ACTIVE, ""
        row.paused_at, row.paused_by, row.paused_until = None, "", None
        row.save(
            update_fields=[
                "state", "pause_reason", "paused_at", "paused_by", "paused_until", "updated_at",
            ]
        )  # fmt: skip
        audit.record("connection.resumed", row, actor=actor, summary=f"It was paused: {was}")
        alert_watch.look_at_paused()


def set_operation(
    user: User | AnonymousUser,
    connection: Connection,
    values: Mapping[str, int],
    every_minutes: Mapping[str, int],
) -> bool:
    """`values`: OPERATION; `every_minutes` by stream. Answers whether anything differed."""
    require(user, Duty.MANAGE_CONNECTIONS, connection)
    changed: dict[str, Any] = {}
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        for name in OPERATION:
            if getattr(row, name) != values[name]:
                changed[name] = [getattr(row, name), values[name]]
                setattr(row, name, values[name])
        Connection.objects.filter(pk=row.pk).update(**{name: values[name] for name in OPERATION})
        for pull in Pull.objects.select_for_update().filter(connection=row):
            minutes = every_minutes.get(pull.stream, pull.every_minutes)
            if pull.every_minutes != minutes:
                changed[f"{pull.stream} every minutes"] = [pull.every_minutes, minutes]
                Pull.objects.filter(pk=pull.pk).update(every_minutes=minutes)
        if changed:
            audit.record(
                "connection.operation_changed",
                row,
                actor=audit.user_actor(user),
                summary=f"{row.name}: {', '.join(changed).replace('_', ' ')}.",
                details=changed,
            )
    return bool(changed)


def retire_secret(user: User | AnonymousUser, connection: Connection, name: str) -> None:
    """Forget the secret before the one in use. Raises ChangeError."""
    require(user, Duty.MANAGE_CONNECTIONS, connection)
    with transaction.atomic():
        row = (
            Credential.objects.select_for_update()
            .filter(connection=connection, name=name)
            .exclude(old_key_id="")
            .first()
        )
        if row is None:
            raise ChangeError("There is no old secret of this name any more.")
        vault.retire_old(row)
        audit.record(
            "connection.secret_retired",
            connection,
            actor=audit.user_actor(user),
            summary=f"The old “{name.replace('_', ' ')}” is no longer accepted.",
        )

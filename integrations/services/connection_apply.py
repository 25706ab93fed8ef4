"""Putting a decided change in force: inside the caller's transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from audit.services import user_actor
from integrations.choices import AlertKind, ChangeKind, ConnectionState
from integrations.contracts import Capability
from integrations.models import Connection, ConnectionChange, Pair, Pull
from integrations.registry import info_of
from integrations.services import alerts, connection_check, vault
from integrations.services.setting_changes import setting_of

#: What is read on a schedule; the rest is read when it is needed.
STREAMS: Final = (
    Capability.TRANSACTIONS,
    Capability.BATCHES,
    Capability.STATEMENTS,
    Capability.SHOP_ORDERS,
)

CHANGED_SINCE: Final = "It has been changed otherwise since. Withdraw this and propose it anew."


class ChangeError(ValueError):
    """A change cannot be made; the text says why, to whoever wants it."""


def apply(change: ConnectionChange, secrets: Mapping[str, str], actor: str) -> None:
    """Raises ChangeError when what the change was made from is not so any more."""
    if change.kind == ChangeKind.SETTING:
        _apply_setting(change, actor)
    elif change.kind in (ChangeKind.NEW_PAIR, ChangeKind.PAIR):
        _apply_pair(change)
    else:
        _apply_connection(change, secrets, actor)


def _apply_setting(change: ConnectionChange, actor: str) -> None:
    setting, key = setting_of(change.subject)
    standing = setting.standing(key)
    if any(standing.get(name) != value for name, value in change.before.items()):
        raise ChangeError(CHANGED_SINCE)
    try:
        setting.put(key, {**standing, **change.fields}, user_actor(change.made_by), actor)
    except ValueError as error:
        raise ChangeError(str(error)) from error


def _apply_connection(change: ConnectionChange, secrets: Mapping[str, str], actor: str) -> None:
    if change.connection_id is None:
        connection = change.connection = _new_connection(change)
    else:
        connection = Connection.objects.select_for_update().get(pk=change.connection_id)
        _must_be_as_before(change, connection)
        for name, value in change.fields.items():
            setattr(connection, name, value)
        _let_go_on(connection, change)
        # Also where only a secret changed: workers build a connector anew by `updated_at`.
        connection.save()
    for name, secret in secrets.items():
        # What senders sign with cannot change everywhere at once: the old one is still heard.
        is_ours = name == vault.WEBHOOK_SECRET
        vault.set_credential(connection, name, secret, by=actor, keep_old=is_ours)
    if change.checks:
        connection_check.remember(connection, change.checks)


def _new_connection(change: ConnectionChange) -> Connection:
    fields = dict(change.fields)
    info = info_of(fields["connector"])
    made = Connection(slug=_free_slug(fields["name"]), **fields)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise ChangeError("There is a connection for this account already.") from error
    Pull.objects.bulk_create(
        Pull(connection=made, stream=stream.value)
        for stream in STREAMS
        if stream in info.capabilities
    )
    return made


def _free_slug(name: str) -> str:
    base = slugify(name)[:34] or "connection"
    taken = set(Connection.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbers = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbers) if slug not in taken)


def _must_be_as_before(change: ConnectionChange, row: Connection | Pair) -> None:
    if any(getattr(row, name) != value for name, value in change.before.items()):
        raise ChangeError(CHANGED_SINCE)


def _let_go_on(connection: Connection, change: ConnectionChange) -> None:
    """What was refused may be taken now: nobody waits for the end of that pause."""
    if not change.checks:
        return
    connection.paused_until, connection.pauses_in_a_row = None, 0
    if connection.state == ConnectionState.ACTIVE:  # else the reason is a person's
        connection.pause_reason = ""
    alerts.clear(AlertKind.CONNECTION_AUTH, f"connection:{connection.pk}")


def _apply_pair(change: ConnectionChange) -> None:
    if change.pair_id is None:
        pair = Pair(slug=_free_pair_slug(change.fields["name"]))
    else:
        pair = Pair.objects.select_for_update().get(pk=change.pair_id)
        _must_be_as_before(change, pair)
    for name, value in change.fields.items():
        setattr(pair, name, value)
    try:
        with transaction.atomic():
            pair.save()
    except IntegrityError as error:
        raise ChangeError(
            "There is a payment route of this gateway, this ERP and this company already, or the"
            " shop's orders belong to another payment route."
        ) from error
    change.pair = pair


def _free_pair_slug(name: str) -> str:
    base = slugify(name)[:34] or "pair"
    taken = set(Pair.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbers = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbers) if slug not in taken)

"""Who may announce, how often, and the lean way of an announcement into the database.

Asking the database who a sender is would cost as much as storing what it sent. So each process
keeps all connections with a webhook secret for KEEP_SECONDS. A secret that was set anew works at
once: a signature that does not fit makes the process look again. The old one is refused after
KEEP_SECONDS at the latest. Whether a connection is paused is not kept: a paused one's webhooks are
stored like any other's, so that nothing is lost, and the workers see the row itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from console.rate import Rates
from integrations.choices import EnvelopeSource
from integrations.models import Connection, Credential
from integrations.registry import info_of
from integrations.services import intake, vault

#: How long a process believes what it knows of the senders, in seconds.
KEEP_SECONDS: Final = 2.0
#: Signatures that do not fit make a process look again, but no more often than this.
LOOK_AGAIN_SECONDS: Final = 0.25

logger = logging.getLogger(__name__)
_rates = Rates()

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Sender:
    """A connection whose relay may announce; `secret` is empty when the vault cannot open it.

    `old_secret` is the one before it, as long as nobody has retired it: both are accepted.
    """

    connection: Connection
    secret: str = field(repr=False)
    problem: str = ""
    old_secret: str = field(repr=False, default="")


@dataclass(slots=True)
class _Known:
    """What this process knows of the senders, and since when."""

    by_slug: Mapping[str, Sender] = field(default_factory=dict)
    read_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)


_known = _Known()


def sender(slug: str) -> Sender | None:
    """The sender of this name, as the process knows it; None when it has no webhook secret."""
    if time.monotonic() - _known.read_at > KEEP_SECONDS:
        _look(KEEP_SECONDS)
    return _known.by_slug.get(slug)


def sender_now(slug: str) -> Sender | None:
    """The sender as the database has it, for a signature that does not fit."""
    _look(LOOK_AGAIN_SECONDS)
    return _known.by_slug.get(slug)


def _look(unless_within: float) -> None:
    """Read all senders in one query. One thread does it, others wait for it."""
    with _known.lock:
        begun = time.monotonic()
        if begun - _known.read_at <= unless_within:
            return
        _known.by_slug = {row.connection.slug: _sender(row) for row in _with_session(_secrets)}
        _known.read_at = begun


def _secrets() -> list[Credential]:
    found = Credential.objects.filter(name=vault.WEBHOOK_SECRET)
    return list(found.select_related("connection"))


def _sender(row: Credential) -> Sender:
    try:
        return Sender(row.connection, vault.open_credential(row), old_secret=_old(row))
    except vault.VaultError as error:
        return Sender(row.connection, "", str(error))


def _old(row: Credential) -> str:
    """An old secret whose vault key is gone must not stop the one in use."""
    try:
        return vault.open_old_credential(row)
    except vault.VaultError as error:
        logger.warning("The old webhook secret of %s: %s", row.connection, error)
        return ""


@receiver([post_save, post_delete], sender=Credential)
@receiver([post_save, post_delete], sender=Connection)
def forget(**kwargs: Any) -> None:
    """This process changed something itself: it looks again at the next request."""
    _known.read_at = float("-inf")


def store(connection: Connection, message_id: str, body: bytes) -> intake.Received:
    """Store what was signed: an announcement, or a shop's order.

    Committed when this returns, outside any transaction.
    """
    arrival = intake.Arrival(
        kind=info_of(connection.connector).webhook_kind,
        body=body,
        source=EnvelopeSource.WEBHOOK,
        identity=f"webhook:{message_id}" if message_id else "",
        headers={"webhook-id": message_id} if message_id else {},
    )
    return _with_session(lambda: intake.receive(connection, arrival))


def _with_session(work: Callable[[], Result]) -> Result:
    """Do it, and once more in a new session when the kept one turns out to be gone.

    Sessions are not tried before use: that would be a round trip for each webhook. What is done
    here may be done twice: reading, and an INSERT that stores the same identity once.
    """
    try:
        return work()
    except (InterfaceError, OperationalError):
        kept = database.connection
        if database.in_atomic_block or kept is None or not kept.closed:
            raise
        database.close()
        return work()


def seconds_to_wait(connection: Connection) -> float:
    """0.0 when this process may take one more webhook of the connection, else how long not."""
    return _rates.take(connection.pk, settings.TIEOUT_WEBHOOKS_PER_SECOND, time.monotonic())

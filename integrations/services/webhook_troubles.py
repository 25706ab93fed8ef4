"""Webhooks whose signature does not fit: one is an accident, many are a trouble.

Counted in each web process, so that whoever sends rubbish costs no write for each of it.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from django.db import DatabaseError

from integrations.choices import AlertKind
from integrations.services import alerts, webhooks

logger = logging.getLogger(__name__)

#: So many within WINDOW seconds, in one process.
MANY: Final = 10
WINDOW: Final = 60.0
_seen: dict[int, tuple[float, int]] = {}


def refused(sender: webhooks.Sender | None, reason: str) -> None:
    """Count one refusal; tell at most once in each window. A stranger's name counts for nobody."""
    if sender is None:
        return
    connection = sender.connection
    now = time.monotonic()
    since, number = _seen.get(connection.pk, (now, 0))
    if now - since > WINDOW:
        since, number = now, 0
    _seen[connection.pk] = (since, number + 1)
    if number + 1 != MANY:
        return
    try:
        alerts.raise_alert(
            AlertKind.WEBHOOK_SIGNATURES,
            f"connection:{connection.pk}",
            f"{connection.name}: webhooks are refused, their signatures do not fit.",
            f"{MANY} within a minute; the last: {reason} Compare the signing secrets of both ends.",
            connection,
        )
    except DatabaseError:
        logger.exception("Refused webhooks of %s could not be noted.", connection)

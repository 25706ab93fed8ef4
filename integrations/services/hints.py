"""Hints: what a relay announced is confirmed by the vendor's own read before it counts."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction

from integrations.choices import ConnectionState, FactEnd
from integrations.clock import wall_now
from integrations.contracts import Capability
from integrations.errors import EdgeError, RejectedError, ThrottledError, TransientError
from integrations.models import Fact
from integrations.services.connectors import reader_of
from integrations.services.pull import back_off, pause, store

WAITING = """EXISTS (
    SELECT 1 FROM integrations_fact WHERE "end" = 'received' AND kind = 'hint')"""

logger = logging.getLogger(__name__)

RULE = "hint: confirmed by the vendor's own read"


def drain(limit: int = 100) -> int:
    """Read again by id what open hints name; the answer is an envelope like any other."""
    now = wall_now()
    hints = (
        Fact.objects.filter(
            kind="hint",
            end=FactEnd.RECEIVED,
            connection__state=ConnectionState.ACTIVE,
        )
        .exclude(connection__paused_until__gt=now)
        .select_related("connection")
        .order_by("id")[:limit]
    )
    confirmed = 0
    paused: set[int] = set()
    for hint in hints:
        if hint.connection_id in paused:
            continue
        try:
            confirmed += _confirm(hint)
        except EdgeError as error:
            pause(hint.connection, wall_now() + _pause_for(error), error)
            paused.add(hint.connection_id)
    return confirmed


def _pause_for(error: EdgeError) -> timedelta:
    if isinstance(error, ThrottledError) and error.retry_after:
        return error.retry_after
    return back_off(1 if isinstance(error, TransientError) else 4)


def _confirm(hint: Fact) -> int:
    """Raises EdgeError when the vendor cannot be asked; a refusal is an answer."""
    try:
        document = reader_of(hint.connection).fetch_by_id(Capability.TRANSACTIONS, hint.vendor_id)
    except RejectedError as error:
        return _end(hint, FactEnd.BLOCKED, "", error.message)
    except EdgeError:
        raise
    except Exception as error:
        # A connector's own fault backs off like any other: nobody is asked without end.
        logger.exception("The connector of %s failed.", hint.connection)
        raise EdgeError(f"Reading failed for a reason of our own: {error!r}"[:300]) from error
    with transaction.atomic():
        received = store(hint.connection, document)
        return _end(hint, FactEnd.IGNORED, RULE, f"Read in envelope {received.envelope_id}.")


def _end(hint: Fact, end: FactEnd, rule: str, reason: str) -> int:
    return Fact.objects.filter(pk=hint.pk, end=FactEnd.RECEIVED).update(
        end=end, rule=rule, reason=reason[:300], ended_at=wall_now()
    )

"""Hints: what a relay announced is confirmed by the vendor's own read before it counts."""

from __future__ import annotations

import logging

from django.db import transaction

from integrations.choices import ConnectionState, FactEnd
from integrations.clock import wall_now
from integrations.contracts import Capability
from integrations.errors import AuthError, ConfigError, EdgeError, ThrottledError, TransientError
from integrations.models import Fact
from integrations.services import circuit
from integrations.services.connectors import reader_of
from integrations.services.pull import store

WAITING = """EXISTS (
    SELECT 1 FROM integrations_fact WHERE "end" = 'received' AND kind = 'hint')"""

logger = logging.getLogger(__name__)

#: These are about the connection, anything else about the one hint.
CANNOT_BE_ASKED = (TransientError, ThrottledError, AuthError, ConfigError)
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
        with circuit.asking(hint.connection) as may_ask:
            if not may_ask or not _confirm(hint):
                paused.add(hint.connection_id)
                continue
        confirmed += 1
    return confirmed


def _confirm(hint: Fact) -> bool:
    """Whether the hint has its end; not when the vendor cannot be asked, which pauses it.

    A refusal is an answer. A hint that nobody can read ends too: it never stops the others.
    """
    try:
        document = reader_of(hint.connection).fetch_by_id(Capability.TRANSACTIONS, hint.vendor_id)
    except CANNOT_BE_ASKED as error:
        circuit.failed(hint.connection, error, must_pause=True)
        return False
    except EdgeError as error:
        circuit.answered(hint.connection)
        _end(hint, FactEnd.BLOCKED, "", error.message)
        return True
    except Exception as error:
        logger.exception("The connector of %s failed.", hint.connection)
        _end(hint, FactEnd.BLOCKED, "", f"Reading failed for a reason of our own: {error!r}")
        return True
    circuit.answered(hint.connection)
    with transaction.atomic():
        received = store(hint.connection, document, asked="announcement")
        _end(hint, FactEnd.IGNORED, RULE, f"Read in envelope {received.envelope_id}.")
    return True


def _end(hint: Fact, end: FactEnd, rule: str, reason: str) -> None:
    Fact.objects.filter(pk=hint.pk, end=FactEnd.RECEIVED).update(
        end=end, rule=rule, reason=reason[:300], ended_at=wall_now()
    )

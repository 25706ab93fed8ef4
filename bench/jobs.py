"""What the queues are given: nothing to do but to say how many were done, in BENCH_SINK's length.

`done` is a task for one event; `drain` is a lane's drain over stored events, with an empty handler.
"""

from __future__ import annotations

import os
from typing import Any

AT_ONCE = 1000
WAITING = "EXISTS (SELECT 1 FROM integrations_envelope WHERE state = 'received')"
CLAIM = """
    UPDATE integrations_envelope SET state = 'read', read_at = clock_timestamp()
     WHERE id IN (SELECT id FROM integrations_envelope WHERE state = 'received'
                   ORDER BY connection_id, id LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_sinks: list[int] = []


def _say(count: int) -> None:
    if not _sinks:
        _sinks.append(os.open(os.environ["BENCH_SINK"], os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    os.write(_sinks[0], b"." * count)


def done(event: Any) -> None:
    _say(1)


def drain() -> int:
    """Claim a set, handle each with nothing, finish the set; one commit."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [AT_ONCE])
        count = cursor.rowcount
    if count:
        _say(count)
    return int(count)

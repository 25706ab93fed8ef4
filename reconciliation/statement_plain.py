"""The nothing-missing statement as plain JSON values, for the command and the endpoint."""

from __future__ import annotations

from typing import Any

from integrations.models import Connection
from reconciliation.completeness import Statement
from reconciliation.services.completeness import known_by


def as_plain(gateway: Connection, found: Statement) -> dict[str, Any]:
    return {
        "gateway": gateway.slug,
        "day": found.day.isoformat(),
        "state": found.state,
        "events": found.events,
        "accounted": found.accounted,
        "missing": found.missing,
        "without_end": found.without_end,
        "repeats": found.repeats,
        "why": found.why,
        "ends": found.by_end(),
        "came_by": found.by_source(),
        "known_by": {" and ".join(ways): count for ways, count in known_by(gateway, found.day)},
        "announced_and_not_read": [row.vendor_id for row in found.announced],
        "batches": [
            {
                "batch": row.vendor_ref, "reported": row.reported, "here": row.here,
                "missing": row.missing, "unreported": row.unreported, "agrees": row.agrees,
            }
            for row in found.batches
        ],
        "polls": [
            {
                "stream": row.stream, "expected": row.expected, "in_time": row.in_time,
                "made_good": row.made_good, "open": row.open,
            }
            for row in found.polls
        ],
    }  # fmt: skip

"""Rows of the edge as the schema shows them."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample

ALERT: Final = OpenApiExample(
    "An ERP that does not answer",
    response_only=True,
    value={
        "id": 9,
        "uid": "0b1f6c7e-7f0e-4f6a-9a0d-1f2f0b8f8a11",
        "kind": "connection_down",
        "audience": "operations",
        "is_urgent": True,
        "subject": "connection:3",
        "title": "Sage 500 does not answer.",
        "detail": "No answer in 30 s.",
        "connection_id": 3,
        "state": "open",
        "count": 41,
        "opened_at": "2011-02-14T18:00:00Z",
        "last_at": "2011-02-14T18:45:02Z",
        "cleared_at": None,
        "acknowledged_at": None,
        "acknowledged_by": "",
        "deliveries": [
            {
                "route": "Operations",
                "channel": "email",
                "state": "sent",
                "attempts": 1,
                "problem": "",
                "created_at": "2011-02-14T18:00:01Z",
                "sent_at": "2011-02-14T18:00:03Z",
            }
        ],
    },
)
ENVELOPE: Final = OpenApiExample(
    "A page of a gateway's answer",
    response_only=True,
    value={
        "id": 311,
        "connection": "paytrace",
        "source": "pull",
        "kind": "transactions",
        "name": "",
        "size": 2048,
        "received_at": "2011-02-14T18:45:02Z",
        "business_at": "2011-02-14T18:45:02Z",
        "state": "read",
        "problem": "",
        "guard_findings": [],
        "headers": {"content-type": "application/json"},
        "text": '{\n  "transactions": []\n}',
        "is_cut": False,
        "closed": "",
        "facts": [
            {
                "position": 1,
                "kind": "transaction",
                "vendor_id": "410000030",
                "end": "booked",
                "rule": "",
                "reason": "",
                "duplicate_of_id": None,
                "ended_at": "2011-02-14T18:45:03Z",
            }
        ],
        "ends": {"booked": 1},
    },
)

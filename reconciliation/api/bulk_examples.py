"""Bulk runs as the schema shows them."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample

_MONEY: Final = [{"amount": "1467.41", "currency": "USD"}]

PREVIEW: Final = OpenApiExample(
    "Two payers that nobody knows",
    response_only=True,
    value={
        "number": 2,
        "amounts": _MONEY,
        "reasons": {"customer_unknown": 2},
        "upto": 17,
        "actions": [
            {
                "action": "dismiss",
                "number": 2,
                "amounts": _MONEY,
                "reasons": {"customer_unknown": 2},
                "needs_second": False,
            }
        ],
    },
)
BEGIN: Final = OpenApiExample(
    "Dismiss them with a reason",
    request_only=True,
    value={
        "action": "dismiss",
        "filter": {"reason": "customer_unknown"},
        "upto": 17,
        "note": "They were paid back.",
    },
)
RUN: Final = OpenApiExample(
    "A run that has ended",
    response_only=True,
    value={
        "id": 4,
        "action": "dismiss",
        "origin": "filter",
        "chosen_by": "Reason: Customer unknown",
        "undoes_id": None,
        "actor": "key:desk-software",
        "made_at": "2011-02-15T08:00:00Z",
        "state": "done",
        "approved_by": "",
        "total": 2,
        "done": 1,
        "refused": 1,
        "amounts": _MONEY,
        "ended_at": "2011-02-15T08:00:01Z",
        "ended_by": "worker",
        "problem": "",
        "values": {"note": "They were paid back."},
        "not_done": [{"said": "It is dismissed already.", "number": 1}],
    },
)

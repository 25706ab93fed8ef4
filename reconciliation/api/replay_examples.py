"""A replay as the schema shows it."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample

_ALL: Final = {"amount": "45.00", "currency": "USD"}
_NONE: Final = {"amount": "0.00", "currency": "USD"}

REPLAY: Final = OpenApiExample(
    "A receipt that would go to another clearing account",
    response_only=True,
    value={
        "id": 3,
        "pair": "paytrace-sage500",
        "rule_set_id": 7,
        "first_on": "2011-01-01",
        "last_on": "2011-01-31",
        "state": "done",
        "said": "",
        "asked_by": "key:rules-pipeline",
        "asked_at": "2011-02-14T10:02:00Z",
        "ended_at": "2011-02-14T10:02:04Z",
        "total": 41,
        "looked_at": 41,
        "same": 40,
        "changed": 1,
        "new": 0,
        "vanished": 0,
        "apart": 0,
        "is_current": True,
        "needs_reversals": False,
        "by_account": [
            {"account": "1050-00", "moved": {"amount": "-45.00", "currency": "USD"}},
            {"account": "1060-00", "moved": _ALL},
        ],
        "by_month": [{"month": "2011-01-01", "change": "changed", "documents": 1, "amount": _ALL}],
        "by_customer": [{"customer_id": "17850", "documents": 1, "amount": _ALL}],
        "by_risk": [],
        "journal": [
            {"account": "1050-00", "debit": _NONE, "credit": _ALL},
            {"account": "1060-00", "debit": _ALL, "credit": _NONE},
        ],
        "approval": None,
    },
)

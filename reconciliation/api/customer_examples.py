"""Customers as the schema shows them."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

_THERE: Final[dict[str, Any]] = {
    "ref": "payer-7",
    "name": "Bob Miller",
    "email": "bob@example.com",
    "phone": "",
    "tax_number": "",
    "lines": ["12 Long Lane"],
    "city": "Leeds",
    "region": "",
    "postcode": "LS1 4AP",
    "country": "GB",
}
_TOUCHED: Final = {
    "what": "Payments still to be decided",
    "number": 2,
    "money": [{"amount": "90.00", "currency": "USD"}],
    "becomes": "are booked with the linked customer",
}
LINK: Final = OpenApiExample(
    "A payer that a person linked",
    response_only=True,
    value={
        "id": 21,
        "pair": "paytrace-sage500",
        "system": "gateway",
        "ref": "payer-7",
        "customer_id": "12583",
        "ground": "person",
        "made_by": "user:olga",
        "made_at": "2011-02-14T09:00:00Z",
        "history": [
            {
                "from_customer": "",
                "to_customer": "12583",
                "ground": "person",
                "why": "Name and e-mail are the same.",
                "actor": "user:olga",
                "at": "2011-02-14T09:00:00Z",
            }
        ],
        "consequences": [_TOUCHED],
    },
)
WAITING: Final = OpenApiExample(
    "A payer that may be a customer of the ERP",
    response_only=True,
    value={
        "id": 310,
        "pair": "paytrace-sage500",
        "system": "gateway",
        "ref": "payer-7",
        "name": "Bob Miller",
        "first_seen_at": "2011-02-14T08:00:00Z",
        "there": _THERE,
        "candidates": [
            {
                "id": 88,
                "erp": {**_THERE, "ref": "12583", "name": "Robert Miller"},
                "score": 82,
                "band": "link",
                "why": "The same e-mail, names alike.",
                "against": [],
                "evidence": [
                    {
                        "field": "name",
                        "verdict": "close",
                        "words": "names alike (short form)",
                        "left": "Bob Miller",
                        "right": "Robert Miller",
                    }
                ],
                "made_at": "2011-02-14T08:00:01Z",
            }
        ],
        "link": None,
        "consequences": [_TOUCHED],
    },
)

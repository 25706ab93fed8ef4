"""An order in the documented format, with whatever a test wants otherwise."""

import json
from typing import Any

MUG = {
    "item": "MUG-BLUE",
    "description": "Mug, blue",
    "quantity": "2",
    "unit_price": "12.50",
    "amount": "25.00",
}
STATE_TAX = {"component": "state", "jurisdiction": "CA", "taxable": "25.00", "charged": "1.81"}


def order(**other: Any) -> dict[str, Any]:
    """25.00 of goods, 5.00 shipping, 1.81 tax; a value of None leaves a field out."""
    given = {
        "order": "WEB-10023",
        "ordered_on": "2010-12-01",
        "currency": "USD",
        "customer": "17850",
        "payer": {"name": "Ann Lee", "email": "ann@example.com"},
        "payment": "410000030",
        "lines": [MUG],
        "shipping": "5.00",
        "discount": "0.00",
        "taxes": [STATE_TAX],
        "total": "31.81",
    }
    given.update(other)
    return {name: value for name, value in given.items() if value is not None}


def body(**other: Any) -> bytes:
    return json.dumps(order(**other)).encode()


def line(**other: Any) -> dict[str, Any]:
    return {name: value for name, value in {**MUG, **other}.items() if value is not None}

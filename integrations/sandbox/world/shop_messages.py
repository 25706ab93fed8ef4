"""What the shop sends to the hub: one order in the hub's documented format, as JSON. Pure."""

import json
from decimal import Decimal
from typing import Any

from integrations.sandbox.people import party_of
from integrations.sandbox.world.shop import TAX_COMPONENT, TAX_JURISDICTION, Bought, ShopOrder


def message_id(order: ShopOrder) -> str:
    return f"msg_{order.number}-{order.revision}"


def order_body(order: ShopOrder, payment: str) -> str:
    """payment: the gateway's id of what was charged, empty for an order that is paid later."""
    party = party_of(order.customer_id)
    content: dict[str, Any] = {
        "order": order.number,
        "ordered_on": order.on.isoformat(),
        "currency": "USD",
        "customer": order.customer_id,
        "payer": {"name": party.name, "email": party.email},
        "payment": payment,
        "lines": [_line(each) for each in order.bought],
        "shipping": _text(order.shipping),
        "discount": _text(order.discount),
        "taxes": [
            {
                "component": TAX_COMPONENT,
                "jurisdiction": TAX_JURISDICTION,
                "taxable": _text(order.goods - order.discount),
                "charged": _text(order.tax),
            }
        ],
        "total": _text(order.total),
        "revision": order.revision,
    }
    return json.dumps(content, separators=(",", ":"))


def _line(each: Bought) -> dict[str, str]:
    return {
        "item": each.article.item,
        "description": each.article.description,
        "quantity": str(each.quantity),
        "unit_price": _text(each.article.price),
        "amount": _text(each.amount),
        "category": each.article.category,
    }


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"

"""What became of the shop's orders, counted in the ERP's own tables and held against the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import psycopg

from integrations.sandbox.world.kinds import Kind
from integrations.sandbox.world.shop import Shop, ShopOrder
from reconciliation.choices import OrderState
from reconciliation.models import Order

#: Orders that must not become an invoice before a person has said something.
HELD: Final = frozenset({Kind.STOCK_SHORT, Kind.ORDER_SUMS, Kind.ORDER_PAYMENT})
#: Each invoice that was made through the wrapper, and what its lines come to.
INVOICES: Final = """
    SELECT i."CustPONo", i."TranAmt", i."Balance", (
        SELECT coalesce(sum(d."ExtAmt"), 0) FROM "tarInvoiceDetl" l
          JOIN "tarInvoiceLineDist" d USING ("InvoiceLineKey") WHERE l."InvcKey" = i."InvcKey")
      FROM "tarInvoice" i JOIN tieout."PostingKey" k ON k."DocumentKey" = i."InvcKey"
     WHERE k."DocumentKind" = 'invoice' ORDER BY i."CustPONo"
"""


@dataclass(frozen=True, slots=True)
class ErpInvoice:
    number: str
    amount: Decimal
    balance: Decimal
    lines: Decimal


def invoices_in_erp(database_url: str) -> list[ErpInvoice]:
    with psycopg.connect(database_url) as erp:
        return [ErpInvoice(*row) for row in erp.execute(INVOICES).fetchall()]


def values(shop: Shop, found: list[ErpInvoice]) -> dict[str, Any]:
    return {
        "orders": len(shop.orders),
        "orders_invoiced": Order.objects.filter(state=OrderState.INVOICED).count(),
        "order_invoices_in_erp": len(found),
        "order_invoices_in_erp_total": f"{sum((i.amount for i in found), Decimal(0)):.2f}",
    }


def problems(shop: Shop, found: list[ErpInvoice]) -> Iterator[str]:
    """Invoices that are missing, too many, of another amount, or open although they were paid."""
    by_number: dict[str, list[ErpInvoice]] = {}
    for invoice in found:
        by_number.setdefault(invoice.number, []).append(invoice)
    for order in shop.orders:
        yield from _wrong(order, by_number.pop(order.number, []))
    for number in by_number:
        yield f"An invoice for {number} stands in the ERP, and nobody ordered that."


def _wrong(order: ShopOrder, found: list[ErpInvoice]) -> Iterator[str]:
    wanted = 0 if order.planted in HELD else 1
    if len(found) != wanted:
        yield f"Order {order.number} has {len(found)} invoices in the ERP instead of {wanted}."
    for invoice in found:
        if invoice.amount != order.total or invoice.lines != order.total:
            yield (
                f"Order {order.number} is over {order.total}; its invoice is over"
                f" {invoice.amount:.2f}, with lines of {invoice.lines:.2f}."
            )
        if order.planted is None and order.paid is not None and invoice.balance:
            yield f"Order {order.number} was paid; {invoice.balance:.2f} of its invoice is open."

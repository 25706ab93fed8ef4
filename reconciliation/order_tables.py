"""Columns and formats of the list of orders."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from console.keyset import Order as Sorting
from console.tables import Column, Table
from reconciliation import words
from reconciliation.models import Order
from reconciliation.order_page import invoice_of


def _payment(row: Order) -> SafeString:
    if row.payment is None:
        return formats.text(row.payment_ref)
    return formats.link(reverse("transaction", args=[row.payment.pk]), row.payment.vendor_id)


def _invoice(row: Order) -> SafeString:
    found = invoice_of(row)
    if found is None:
        return formats.NOTHING
    return formats.link(found.url, found.name)


def _invoice_text(row: Order) -> str:
    found = invoice_of(row)
    return found.name if found else ""


ORDERS: Final = Table[Order](
    caption="Orders",
    order=Sorting("ordered_on"),
    card=("ordered_on", "state", "total", "payer"),
    columns=(
        Column(
            "number",
            "Order",
            lambda row: row.number,
            lambda row: formats.link(reverse("order", args=[row.pk]), row.number),
        ),
        Column(
            "ordered_on",
            "Ordered",
            lambda row: row.ordered_on,
            lambda row: formats.day(row.ordered_on),
            sort="ordered_on",
        ),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: words.order_state(row.state),
        ),
        Column(
            "total",
            "Total",
            lambda row: row.total_amount,
            lambda row: formats.money(row.total_amount, row.currency),
            is_number=True,
            total="total_amount",
        ),
        Column("lines", "Lines", lambda row: row.line_count, is_number=True),
        Column("customer", "Customer", lambda row: row.customer_id or row.customer_ref),
        Column("payer", "Who ordered", lambda row: str(row.payer.get("name", "")), css="clip name"),
        Column("payment", "Payment", lambda row: row.payment_ref, _payment),
        Column("invoice", "Invoice", _invoice_text, _invoice),
        Column("shop", "Shop", lambda row: row.connection.name),
        Column("revision", "Revision", lambda row: row.revision, is_number=True, is_extra=True),
    ),
)

"""An order's row as the record that pure code decides upon, and what was decided as plain JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.canonical import OrderLineRecord, OrderRecord, OrderTaxRecord, PartyRecord
from integrations.money import Money
from mapping.decide.order import OrderDecision
from mapping.decide.order_parts import tax_name
from reconciliation.models import Order


def record_of(row: Order) -> OrderRecord:
    """The record whose meaning the row keeps. Raises KeyError or ValueError for anything else."""
    told = row.content
    return OrderRecord(
        external_id=told["external_id"],
        ordered_on=date.fromisoformat(told["ordered_on"]),
        customer_ref=told["customer_ref"],
        currency=told["currency"],
        lines=tuple(_line(line) for line in told["lines"]),
        shipping=_money(told["shipping"]),
        discount=_money(told["discount"]),
        taxes=tuple(_tax(tax) for tax in told["taxes"]),
        total=_money(told["total"]),
        payment_ref=told["payment_ref"],
        payer=PartyRecord(**_party(row.payer)),
        revision=told["revision"],
    )


def _money(text: str) -> Money:
    amount, currency = text.split(" ")
    return Money(Decimal(amount), currency)


def _line(line: dict[str, Any]) -> OrderLineRecord:
    numbers = {name: Decimal(line[name]) for name in ("quantity", "unit_price")}
    return OrderLineRecord(**{**line, **numbers, "amount": _money(line["amount"])})


def _tax(tax: dict[str, Any]) -> OrderTaxRecord:
    amounts = {name: _money(tax[name]) for name in ("taxable", "charged")}
    return OrderTaxRecord(**{**tax, **amounts})


def _party(payer: dict[str, Any]) -> dict[str, Any]:
    return {**payer, "lines": tuple(payer["lines"])} if "lines" in payer else payer


def decided_of(row: Order, decision: OrderDecision, version: int) -> dict[str, Any]:
    """How each part was mapped and by which rule, and what the ERP had in stock: for the page."""
    short = {one.item: one for one in decision.short}
    lines = []
    for each in decision.parts.lines:
        there = decision.stock.get(each.erp_item)
        lines.append(
            {
                "position": each.line.position,
                "item": each.erp_item,
                "account": each.account,
                "rule": each.rule,
                "stock": f"{there:f}" if there is not None else "",
                "short": "short" if each.erp_item in short else "",
            }
        )
    return {
        "meaning": row.meaning_hash,
        "version": version,
        "lines": lines,
        "charges": [
            {"name": each.name, "account": each.account, "rule": each.rule}
            for each in decision.parts.charges
        ],
        "taxes": {
            tax_name(each.source): {
                "tax_code": each.row.tax_code,
                "account": each.row.account,
                "rule": each.row.name,
                "recomputed": each.recomputed.text if each.recomputed is not None else "",
                "difference": each.difference.text if each.recomputed is not None else "",
            }
            for each in decision.parts.taxes
        },
    }

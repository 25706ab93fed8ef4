"""What the ERP says at this moment of an invoice, an order or a customer: read for a page, never
kept.

An ERP that gives no answer is a sentence on the page; what the books know stands beside it anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from integrations.canonical import OpenItemRecord, SalesOrderRecord
from integrations.errors import EdgeError
from integrations.models import Pair
from integrations.money import Money, sums
from integrations.services.connectors import open_items_of, orders_of
from mapping.references import references

#: So many invoices are shown; a customer with more has a list of them in the ERP.
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class ErpNow:
    """`problem` is empty when the ERP answered; `has_more` when it holds more than is shown."""

    items: Sequence[OpenItemRecord] = ()
    has_more: bool = False
    problem: str = ""

    @property
    def open_sums(self) -> list[Money]:
        """What is open in all, for each currency: of what is shown."""
        return sums(item.balance for item in self.items)


@dataclass(frozen=True, slots=True)
class OrdersNow:
    """The ERP's own sales orders; `problem` is empty when it answered."""

    orders: Sequence[SalesOrderRecord] = ()
    problem: str = ""


def orders_named(pair: Pair, number: str) -> OrdersNow:
    """Every sales order of the ERP that carries the number; none where the ERP has no orders."""
    try:
        reader = orders_of(pair.erp)
        return OrdersNow(reader.orders_of(pair.company, [number])[:SHOWN] if reader else ())
    except EdgeError as error:
        return OrdersNow(problem=error.message)


def invoices_named(pair: Pair, number: str, item_keys: Collection[str] = ()) -> ErpNow:
    """Every invoice that carries the number, the one that is called exactly so first.

    `item_keys`: the ERP's keys for it, where they are known; not every ERP finds its own numbers.
    """
    forms = {form for each in references([number]) for form in each.forms} | {number.upper()}
    try:
        look = open_items_of(pair.erp).snapshot(
            pair.company, references=sorted(forms), item_keys=sorted(item_keys)
        )
    except EdgeError as error:
        return ErpNow(problem=error.message)
    first = sorted(look.items, key=lambda item: (item.document_no != number, item.document_no))
    return ErpNow(first[:SHOWN], len(first) > SHOWN)


def open_invoices(pair: Pair, customer_id: str) -> ErpNow:
    """The customer's invoices with a balance, oldest first."""
    try:
        found = open_items_of(pair.erp).open_items_of(pair.company, customer_id, SHOWN + 1)
    except EdgeError as error:
        return ErpNow(problem=error.message)
    return ErpNow(found[:SHOWN], len(found) > SHOWN)

"""Items with their stock, and sales orders, as people keep them in the Sage 500 sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from integrations.sandbox.sage500.connect import connect

MAIN: Final = "MAIN"


@dataclass(frozen=True, slots=True)
class StockItem:
    """An item and how much of it is on hand; None for one that is not kept in stock."""

    item: str
    description: str
    on_hand: Decimal | None = None
    warehouse: str = MAIN


@dataclass(frozen=True, slots=True)
class OrderedItem:
    """A line of a sales order; `still_open` is what is still to be shipped, None for all of it."""

    item: str
    quantity: Decimal
    price: Decimal
    still_open: Decimal | None = None


def put_in_stock(database_url: str, items: Iterable[StockItem], *, company: str = "SOA") -> None:
    """Makes items that are new, and sets what is on hand of each; repeats change nothing."""
    rows = [[company, i.item, i.description, i.warehouse, i.on_hand] for i in items]
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.executemany("SELECT sandbox_stock(%s, %s, %s, %s, %s)", rows)


def enter_sales_order(
    database_url: str,
    customer_id: str,
    ordered_on: date,
    order_no: str,
    lines: Iterable[OrderedItem],
    *,
    company: str = "SOA",
) -> str:
    """Somebody enters a sales order in the ERP; its own number. What is open is committed."""
    document = [
        {
            "item": line.item,
            "quantity": str(line.quantity),
            "price": str(line.price),
            "open": None if line.still_open is None else str(line.still_open),
        }
        for line in lines
    ]
    with connect(database_url) as connection:
        row = connection.execute(
            "SELECT sandbox_sales_order(%s, %s, %s, %s, %s)",
            [company, customer_id, ordered_on, order_no, json.dumps(document)],
        ).fetchone()
    if row is None:
        raise LookupError("The sandbox did not number the sales order.")
    return str(row[0])

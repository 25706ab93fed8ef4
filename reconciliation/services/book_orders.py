"""Book orders: one row for each number, a history row for each thing that the shop said of it.

What was invoiced already is not decided upon here: each change has the order decided again, and
that finds out whether its invoice could still be another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from integrations.bulk import insert_rows, update_rows
from integrations.canonical import OrderRecord
from integrations.choices import FactEnd
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Fact
from integrations.money import total
from integrations.plain import fields_of
from reconciliation.choices import OrderState
from reconciliation.models import Order, OrderHistory

OLDER: Final = "order: an older revision than the one that is known"
UPDATED: Final = [
    "revision", "ordered_on", "currency", "customer_ref", "payer", "payment_ref", "line_count",
    "lines_amount", "shipping_amount", "discount_amount", "tax_amount", "total_amount", "content",
    "meaning_hash", "state", "wait_until", "look_at",
    "last_fact", "updated_at",
]  # fmt: skip


def book(
    connection: Connection,
    orders: Sequence[tuple[Fact, OrderRecord]],
    meanings: Mapping[str, dict[str, Any]],
) -> None:
    """Apply facts in their order; an older revision changes nothing and says so as its end."""
    now, business = wall_now(), business_now()
    numbers = {record.external_id for _, record in orders}
    known = Order.objects.select_for_update().filter(connection=connection, number__in=numbers)
    rows = {row.number: row for row in known}
    touched: dict[str, Order] = {}
    history: list[OrderHistory] = []
    late: list[Fact] = []
    for fact, record in orders:
        row = rows.get(record.external_id)
        if row is not None and record.revision < row.revision:
            fact.end, fact.rule = FactEnd.IGNORED, OLDER
            late.append(fact)
            continue
        if row is None:
            row = Order(connection=connection, number=record.external_id, created_at=now)
        rows[record.external_id] = touched[record.external_id] = row
        meaning = meanings[fact.meaning_hash]
        _apply(row, fact, record, meaning)
        row.updated_at = now
        history.append(
            OrderHistory(
                order=row, fact_id=fact.pk, meaning=meaning, business_at=business, recorded_at=now
            )
        )
    update_rows(late, ["end", "rule"])
    before = [row for row in touched.values() if not row._state.adding]
    insert_rows([row for row in touched.values() if row._state.adding])
    update_rows(before, UPDATED)
    insert_rows(history)


def _apply(row: Order, fact: Fact, record: OrderRecord, meaning: dict[str, Any]) -> None:
    row.revision = record.revision
    row.ordered_on = record.ordered_on
    row.currency = record.currency
    row.customer_ref = record.customer_ref
    row.payer = fields_of(record.payer) if record.payer else row.payer
    row.payment_ref = record.payment_ref
    row.line_count = len(record.lines)
    row.lines_amount = total((line.amount for line in record.lines), record.currency).amount
    row.shipping_amount = record.shipping.amount
    row.discount_amount = record.discount.amount
    row.tax_amount = total((tax.charged for tax in record.taxes), record.currency).amount
    row.total_amount = record.total.amount
    row.content, row.meaning_hash = meaning, fact.meaning_hash
    row.last_fact = fact
    row.state, row.wait_until, row.look_at = OrderState.DUE, None, None

"""Book settlement batches: opened by their first member or by the gateway's own record."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from integrations.bulk import insert_rows, update_rows
from integrations.canonical import BatchRecord, TransactionRecord
from integrations.clock import wall_now
from integrations.models import Connection, Fact
from integrations.money import Money
from reconciliation.choices import BatchState
from reconciliation.lifecycle import moved
from reconciliation.models import SettlementBatch
from reconciliation.services import batch_changes
from reconciliation.services.batch_changes import Change

#: What a report writes.
WRITTEN: Final = (
    "currency", "closed_at", "closed_on", "reported_count", "reported_sales", "reported_refunds",
    "last_fact", *batch_changes.REOPENED,
)  # fmt: skip


def book(
    connection: Connection,
    closes: Sequence[tuple[Fact, BatchRecord]],
    members: Sequence[TransactionRecord],
) -> dict[str, SettlementBatch]:
    """Make sure that every named batch has its row; answers the rows by the gateway's number."""
    told_of = {record.external_id for _, record in closes}
    refs = {record.external_id for _, record in closes} | {m.batch_ref for m in members}
    rows = {
        row.vendor_ref: row
        for row in SettlementBatch.objects.select_for_update().filter(
            connection=connection, vendor_ref__in=refs - {""}
        )
    }
    new: dict[str, SettlementBatch] = {}
    for member in members:
        if member.batch_ref and member.batch_ref not in rows and member.settled_on:
            row = SettlementBatch(
                connection=connection,
                vendor_ref=member.batch_ref,
                currency=member.amount.currency,
                closed_on=member.settled_on,
                closed_at=member.settled_at,
                updated_at=wall_now(),
            )
            rows[member.batch_ref] = new[member.batch_ref] = row
    reported = [_report(connection, rows, new, fact, record) for fact, record in closes]
    insert_rows(list(new.values()))
    update_rows([row for row in rows.values() if row.vendor_ref in told_of - set(new)], WRITTEN)
    batch_changes.note([change for change in reported if change])
    return rows


def _report(
    connection: Connection,
    rows: dict[str, SettlementBatch],
    new: dict[str, SettlementBatch],
    fact: Fact,
    record: BatchRecord,
) -> Change | None:
    """Write what the gateway reports; answers the change if the figures are others than before."""
    row = rows.get(record.external_id)
    if row is None:
        row = SettlementBatch(
            connection=connection,
            vendor_ref=record.external_id,
            currency=record.net.currency,
            closed_on=record.closed_on,
        )
        rows[record.external_id] = new[record.external_id] = row
    before = _figures(row)
    if not before:
        # Until now it was only known in which currency its first member is.
        row.currency = record.net.currency
    row.closed_at = record.closed_at
    row.closed_on = record.closed_on
    row.reported_count = record.transaction_count
    row.reported_sales = record.sales.amount
    row.reported_refunds = record.refunds.amount
    row.last_fact = fact
    row.updated_at = wall_now()
    after = _figures(row)
    from_state = row.state
    if row.state == BatchState.OPEN:
        row.state = moved(row.state, BatchState.CLOSED)
    if after == before:
        return None
    if before:
        from_state = batch_changes.reopen(row)
    return Change(row, fact, before, after, from_state)


def _figures(row: SettlementBatch) -> dict[str, str]:
    """What the gateway has reported, as texts; empty before it has reported anything."""
    if row.reported_count is None:
        return {}
    return {
        "Transactions": str(row.reported_count),
        "Sales": Money(row.reported_sales or Decimal(0), row.currency).text,
        "Refunds": Money(row.reported_refunds or Decimal(0), row.currency).text,
    }

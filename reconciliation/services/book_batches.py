"""Book settlement batches: opened by their first member or by the gateway's own record."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.bulk import insert_rows, update_rows
from integrations.canonical import BatchRecord, TransactionRecord
from integrations.clock import wall_now
from integrations.models import Connection, Fact
from reconciliation.choices import BatchState
from reconciliation.models import SettlementBatch


def book(
    connection: Connection,
    closes: Sequence[tuple[Fact, BatchRecord]],
    members: Sequence[TransactionRecord],
) -> dict[str, SettlementBatch]:
    """Make sure that every named batch has its row; answers the rows by the gateway's number."""
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
    update_rows(
        [row for row in reported if row.vendor_ref not in new],
        [
            "closed_at", "closed_on", "reported_count", "reported_sales", "reported_refunds",
            "state", "last_fact", "updated_at",
        ],
    )  # fmt: skip
    return rows


def _report(
    connection: Connection,
    rows: dict[str, SettlementBatch],
    new: dict[str, SettlementBatch],
    fact: Fact,
    record: BatchRecord,
) -> SettlementBatch:
    row = rows.get(record.external_id)
    if row is None:
        row = SettlementBatch(
            connection=connection,
            vendor_ref=record.external_id,
            currency=record.net.currency,
            closed_on=record.closed_on,
        )
        rows[record.external_id] = new[record.external_id] = row
    told = (record.transaction_count, record.sales.amount, record.refunds.amount)
    is_news = told != (row.reported_count, row.reported_sales, row.reported_refunds)
    row.closed_at = record.closed_at
    row.closed_on = record.closed_on
    row.reported_count = record.transaction_count
    row.reported_sales = record.sales.amount
    row.reported_refunds = record.refunds.amount
    row.last_fact = fact
    row.updated_at = wall_now()
    if row.state == BatchState.OPEN or (row.state == BatchState.WAITING and is_news):
        # Other figures than before, and not paid yet: it is added up again.
        row.state = BatchState.CLOSED
    return row

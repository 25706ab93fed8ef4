"""Book transaction facts: one row for each transaction, a history row for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bulk import insert_rows, update_rows
from integrations.canonical import TransactionRecord
from integrations.choices import FactEnd
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Fact
from integrations.money import Money
from reconciliation.choices import TERMINAL, DecisionState, Reason, TransactionStatus
from reconciliation.lifecycle import advance, decision_due
from reconciliation.models import SettlementBatch, Transaction, TransactionHistory
from reconciliation.services.desk_open import Wanted, open_exceptions

#: Ends that take money back after it was posted.
TAKEN_BACK = (TransactionStatus.RETURNED, TransactionStatus.CHARGED_BACK)
UPDATED = [
    "kind", "status", "amount", "currency", "settled_at", "settled_on", "batch_ref", "batch",
    "customer_ref", "payer_ref", "reference_texts", "parent_ref", "method", "last4",
    "approval_code", "response", "decision", "last_fact", "updated_at",
]  # fmt: skip


def watch_list(connection: Connection) -> list[str]:
    """Vendor ids whose transactions are not terminal: the pull reads them again by id."""
    return list(
        Transaction.objects.filter(connection=connection)
        .exclude(status__in=sorted(TERMINAL))
        .order_by("captured_on", "id")
        .values_list("vendor_id", flat=True)[:5000]
    )


def book(
    connection: Connection,
    moves: Sequence[tuple[Fact, TransactionRecord]],
    batches: Mapping[str, SettlementBatch],
    meanings: Mapping[str, dict[str, Any]],
) -> None:
    """Apply facts in their order; a late one changes nothing and says so as its end.

    `meanings` are those of the facts, by their hash.
    """
    now, business = wall_now(), business_now()
    rows = {
        row.vendor_id: row
        for row in Transaction.objects.select_for_update().filter(
            connection=connection, vendor_id__in={record.external_id for _, record in moves}
        )
    }
    history: list[TransactionHistory] = []
    late: list[Fact] = []
    touched: dict[str, Transaction] = {}
    changed: list[Wanted] = []
    for fact, record in moves:
        row = rows.get(record.external_id)
        before = row.status if row else ""
        if row is not None:
            verdict = advance(row.status, record.status)
            if not verdict.changes:
                fact.end, fact.rule = FactEnd.IGNORED, verdict.rule
                late.append(fact)
                continue
        row = rows[record.external_id] = row or Transaction(
            connection=connection, vendor_id=record.external_id
        )
        if said := _changed_after_posting(row, record):
            changed.append(_changed(row, fact, record, said))
        _apply(row, fact, record, batches)
        row.updated_at = now
        touched[record.external_id] = row
        history.append(
            TransactionHistory(
                transaction=row,
                fact_id=fact.pk,
                from_status=before,
                to_status=row.status,
                meaning=meanings[fact.meaning_hash],
                business_at=business,
                recorded_at=now,
            )
        )
    if late:
        update_rows(late, ["end", "rule"])
    known = [row for row in touched.values() if not row._state.adding]
    insert_rows([row for row in touched.values() if row._state.adding])
    update_rows(known, UPDATED)
    insert_rows(history)
    open_exceptions(changed)


def _changed_after_posting(row: Transaction, record: TransactionRecord) -> str:
    """What a fact changes about money that has been decided upon already; empty for nothing.

    What was posted is never decided again, so a person is shown what the ERP does not know.
    """
    if row._state.adding or row.decision != DecisionState.POSTED_AS:
        return ""
    amount = Money(row.amount, row.currency)
    if record.amount != amount:
        return f"amount {amount} → {record.amount}"
    if record.batch_ref != row.batch_ref:
        return f"settlement batch {row.batch_ref} → {record.batch_ref or 'none'}"
    if record.kind.value != row.kind:
        return f"kind {row.kind} → {record.kind.value}"
    if record.status.value != row.status and record.status.value in TAKEN_BACK:
        return f"status {row.status} → {record.status.value}"
    return ""


def _changed(row: Transaction, fact: Fact, record: TransactionRecord, said: str) -> Wanted:
    return Wanted(
        reason=Reason.CONTENT_CONFLICT,
        subject=f"transaction:{row.pk}",
        connection=row.connection,
        message=(
            f"The gateway changed payment {row.vendor_id} after it was posted: {said}. "
            "The ERP has it as it was; correct it there."
        ),
        business_on=record.settled_on or record.captured_on,
        amount=record.amount.amount,
        currency=record.amount.currency,
        transaction=row,
        fact=fact,
        details={"changed": said},
        suggestions=[{"action": "dismiss", "label": "It is corrected in the ERP", "value": ""}],
    )


def _apply(
    row: Transaction,
    fact: Fact,
    record: TransactionRecord,
    batches: Mapping[str, SettlementBatch],
) -> None:
    is_decided = row.decision in (DecisionState.POSTED_AS, DecisionState.NOTHING)
    row.kind = record.kind.value
    row.status = record.status.value
    row.amount = record.amount.amount
    row.currency = record.amount.currency
    row.captured_at = record.captured_at
    row.captured_on = record.captured_on
    row.settled_at = record.settled_at
    row.settled_on = record.settled_on
    row.batch_ref = record.batch_ref
    row.batch = batches.get(record.batch_ref)
    row.customer_ref = record.customer_ref[:60]
    row.payer_ref = record.payer_ref[:60]
    row.reference_texts = list(record.reference_texts)
    row.parent_ref = record.parent_ref
    row.method = record.method
    row.last4 = record.last4
    row.approval_code = record.approval_code[:20]
    row.response = record.response[:120]
    row.last_fact = fact
    if not is_decided:
        row.decision = decision_due(row.status)

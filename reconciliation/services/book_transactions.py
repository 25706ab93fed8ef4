"""Book transaction facts: one row for each transaction, a history row for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from integrations.bulk import insert_rows, update_rows
from integrations.canonical import TransactionRecord
from integrations.choices import FactEnd, PostOn
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Fact, Pair
from integrations.money import Money
from integrations.plain import fields_of
from reconciliation.choices import (
    ADDED_UP,
    NOT_PAID,
    TERMINAL,
    DecisionState,
    Reason,
    TransactionKind,
    TransactionStatus,
)
from reconciliation.lifecycle import advance, decision_due, is_early
from reconciliation.models import (
    ExceptionItem,
    SettlementBatch,
    Transaction,
    TransactionHistory,
)
from reconciliation.services.batch_changes import reopen_for_members
from reconciliation.services.booked_rates import follow, in_books
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.rounds import portion

#: Ends that take money back after it was posted.
TAKEN_BACK = (TransactionStatus.RETURNED, TransactionStatus.CHARGED_BACK)
#: So many transactions are read again by id in one reading of their stream.
WATCH_AT_ONCE: Final = 5000
#: A fact and what a member of a batch was before and after it.
MemberChange = tuple[Fact, dict[str, str], dict[str, str]]
UPDATED = [
    "kind", "status", "amount", "currency", "settled_at", "settled_on", "batch_ref", "batch",
    "customer_ref", "payer_ref", "reference_texts", "payer", "parent_ref", "method", "last4",
    "approval_code", "response", "decision", "last_fact", "updated_at", "original_amount",
    "original_currency", "booked_rate", "rate_source", "rate_table", "rate_on", "rate_rounding",
    "rate_by",
]  # fmt: skip


def watch_list(connection: Connection) -> list[str]:
    """Vendor ids whose transactions are not terminal: the pull reads them again by id.

    WATCH_AT_ONCE at most; when there are more, each asking takes the next ones.
    """
    watched = Transaction.objects.filter(connection=connection).exclude(status__in=sorted(TERMINAL))
    rows = portion(f"watch:{connection.pk}", watched.only("pk", "vendor_id"), WATCH_AT_ONCE)
    return [row.vendor_id for row in rows]


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
    at_capture = Pair.objects.filter(
        gateway=connection, is_active=True, post_on=PostOn.CAPTURED
    ).exists()
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
    members: dict[int, list[MemberChange]] = {}
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
        said = _changed_after_posting(row, record)
        if said and fact.turn > 1 and _is_as_posted(row, fact):
            _close_changed(row)
        elif said:
            changed.append(_changed(row, fact, record, said))
        was = _membership(row)
        _apply(row, fact, record, batches, at_capture=at_capture)
        row.updated_at = now
        _note_member(members, fact, row, was, _membership(row))
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
    reopen_for_members(members)


class Membership(NamedTuple):
    """What a transaction counts as in a batch; `batch` is None where it counts in none."""

    batch: int | None = None
    ref: str = ""
    kind: str = ""
    amount: Decimal = Decimal(0)


def _membership(row: Transaction) -> Membership:
    if row.batch_id is None or row.status in NOT_PAID:
        return Membership()
    return Membership(row.batch_id, row.batch_ref, row.kind, row.amount)


def _note_member(
    members: dict[int, list[MemberChange]],
    fact: Fact,
    row: Transaction,
    was: Membership,
    now: Membership,
) -> None:
    """Note it for the batches that a member left, came to, or counts otherwise in.

    One that comes to a batch which has not been added up is no news.
    """
    is_early = row.batch is None or row.batch.state not in ADDED_UP
    if was == now or (was.batch is None and is_early):
        return
    change = (fact, _told(row, was), _told(row, now))
    for batch in {was.batch, now.batch}:
        if batch is not None:
            members.setdefault(batch, []).append(change)


def _told(row: Transaction, member: Membership) -> dict[str, str]:
    amount = Money(member.amount, row.currency).text
    return {
        "Transaction": row.vendor_id,
        "Batch": member.ref,
        "Amount": f"{TransactionKind(member.kind).label.lower()} {amount}" if member.kind else "",
    }


def _changed_after_posting(row: Transaction, record: TransactionRecord) -> str:
    """What a fact changes about money that has been decided upon already; empty for nothing.

    What was posted is never decided again, so a person is shown what the ERP does not know. Before
    the settlement there is no need for one: the receipt is taken back, and a new one made.
    """
    if row._state.adding or row.decision != DecisionState.POSTED_AS or is_early(row.status):
        return ""
    amount = Money(row.amount, row.currency)
    if in_books(row, record.amount) != amount:
        return f"amount {amount} → {record.amount}"
    if record.batch_ref != row.batch_ref:
        return f"settlement batch {row.batch_ref} → {record.batch_ref or 'none'}"
    if record.kind.value != row.kind:
        return f"kind {row.kind} → {record.kind.value}"
    if record.status.value != row.status and record.status.value in TAKEN_BACK:
        return f"status {row.status} → {record.status.value}"
    return ""


def _is_as_posted(row: Transaction, fact: Fact) -> bool:
    """Whether the gateway came back to what the documents in the ERP were made from."""
    return row.effects.filter(corrects__isnull=True, fact__meaning_hash=fact.meaning_hash).exists()


def _close_changed(row: Transaction) -> None:
    close_by_machine(
        ExceptionItem.objects.filter(
            transaction=row, reason=Reason.CONTENT_CONFLICT, details__has_key="changed"
        ),
        "The gateway says again what was posted.",
    )


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
    *,
    at_capture: bool,
) -> None:
    is_decided = row.decision in (DecisionState.POSTED_AS, DecisionState.NOTHING)
    # What was decided at the capture is looked at again with each fact until it has settled.
    is_decided = is_decided and not is_early(row.status)
    row.kind = record.kind.value
    row.status = record.status.value
    booked = in_books(row, record.amount)
    follow(row, record.amount)
    row.amount, row.currency = booked.amount, booked.currency
    row.captured_at = record.captured_at
    row.captured_on = record.captured_on
    row.settled_at = record.settled_at
    row.settled_on = record.settled_on
    row.batch_ref = record.batch_ref
    row.batch = batches.get(record.batch_ref)
    row.customer_ref = record.customer_ref[:60]
    row.payer_ref = record.payer_ref[:60]
    row.reference_texts = list(record.reference_texts)
    row.payer = fields_of(record.payer) if record.payer else row.payer
    row.parent_ref = record.parent_ref
    row.method = record.method
    row.last4 = record.last4
    row.approval_code = record.approval_code[:20]
    row.response = record.response[:120]
    row.last_fact = fact
    if not is_decided:
        row.decision = decision_due(row.status, row.kind, at_capture=at_capture)

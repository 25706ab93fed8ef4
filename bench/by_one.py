"""The loop that the pipeline is measured against: one event, one row, one request at a time.

Written as an application would be that has no sets: `get`, `create` and `save` of Django's ORM in
three transactions an event, as ours are (booked and decided; claimed; recorded). It is spared
what it could be spared: it asks the ERP once for its invoice, never for its customer, and writes
one audit entry for each document and none for each step.
"""

from __future__ import annotations

import uuid

from django.db import transaction

from audit import services as audit
from integrations.canonical import (
    BatchDraft,
    BatchPurpose,
    CashReceiptDraft,
    DocumentKind,
    TransactionRecord,
    content_hash,
    draft_from_json,
    draft_to_json,
    meaning_hash,
    meaning_of,
)
from integrations.choices import EnvelopeState, FactEnd, PostingState
from integrations.clock import business_now, wall_now
from integrations.contracts import PostRequest
from integrations.models import Attempt, Connection, Envelope, Fact, Pair, Posting
from integrations.services.connectors import open_items_of, poster_of, reader_of
from integrations.services.intake import open_body
from mapping.decide import Decision, Desk, decide
from mapping.references import references
from mapping.rulebook import RuleBook
from mapping.services.links import linked_customers
from mapping.services.rulesets import rules_in_force
from reconciliation import keys
from reconciliation.choices import DecisionState, EffectKind
from reconciliation.lifecycle import advance, decision_due
from reconciliation.models import (
    Effect,
    Reservation,
    SettlementBatch,
    Transaction,
    TransactionHistory,
)
from reconciliation.services.case import Case
from reconciliation.services.known import payment_of


def work_off(pair: Pair) -> int:
    """Every stored event to its end, the oldest first; the audit chain is sealed at the end."""
    done = 0
    for envelope in Envelope.objects.filter(state=EnvelopeState.RECEIVED).order_by("id"):
        with transaction.atomic():
            row = _book(envelope)
            posting = _decide(pair, row)
        _post(posting)
        done += 1
    audit.seal_all()
    return done


def _book(envelope: Envelope) -> Transaction:
    connection = envelope.connection
    parsed = reader_of(connection).parse(envelope.kind, open_body(envelope), envelope.context)
    (record,) = parsed.records
    if not isinstance(record, TransactionRecord):
        raise ValueError(f"{record} is no transaction.")
    meaning = meaning_hash(record)
    identity = {
        "connection": connection,
        "kind": record.fact_kind.value,
        "vendor_id": record.external_id,
        "meaning_hash": meaning,
    }
    if Fact.objects.filter(end=FactEnd.BOOKED, **identity).exists():
        raise ValueError(f"{record.external_id} came twice.")
    fact = Fact.objects.create(
        envelope=envelope, position=0, end=FactEnd.BOOKED, ended_at=wall_now(), **identity
    )
    batch, _ = SettlementBatch.objects.get_or_create(
        connection=connection,
        vendor_ref=record.batch_ref,
        defaults={
            "currency": record.amount.currency,
            "closed_on": record.settled_on,
            "closed_at": record.settled_at,
            "updated_at": wall_now(),
        },
    )
    row = _transaction(connection, record, fact, batch)
    envelope.state, envelope.read_at = EnvelopeState.READ, wall_now()
    envelope.save(update_fields=["state", "read_at"])
    connection.newest_fact_at = envelope.business_at
    Connection.objects.filter(pk=connection.pk).update(newest_fact_at=envelope.business_at)
    return row


def _transaction(
    connection: Connection, record: TransactionRecord, fact: Fact, batch: SettlementBatch
) -> Transaction:
    row = (
        Transaction.objects.select_for_update()
        .filter(connection=connection, vendor_id=record.external_id)
        .first()
    )
    before = row.status if row else ""
    if row is not None and not advance(row.status, record.status).changes:
        raise ValueError(f"{record.external_id} is late.")
    row = row or Transaction(connection=connection, vendor_id=record.external_id)
    row.kind, row.status = record.kind.value, record.status.value
    row.amount, row.currency = record.amount.amount, record.amount.currency
    row.captured_at, row.captured_on = record.captured_at, record.captured_on
    row.settled_at, row.settled_on = record.settled_at, record.settled_on
    row.batch_ref, row.batch = record.batch_ref, batch
    row.customer_ref, row.payer_ref = record.customer_ref, record.payer_ref
    row.reference_texts = list(record.reference_texts)
    row.method, row.last4 = record.method, record.last4
    row.approval_code, row.response = record.approval_code, record.response
    row.last_fact, row.updated_at = fact, wall_now()
    row.decision = decision_due(row.status)
    row.save()
    TransactionHistory.objects.create(
        transaction=row,
        fact=fact,
        from_status=before,
        to_status=row.status,
        meaning=meaning_of(record),
        business_at=business_now(),
        recorded_at=wall_now(),
    )
    return row


def _decide(pair: Pair, row: Transaction) -> Posting:
    business_on = row.settled_on or row.captured_on
    rules = rules_in_force(pair, business_on)
    if rules is None:
        raise ValueError(f"No rules on {business_on}.")
    case = Case(row, business_on, tuple(references(row.reference_texts)))
    forms = [form for reference in case.references for form in reference.forms]
    items = open_items_of(pair.erp).snapshot(pair.company, references=forms).items
    reserved = Reservation.objects.filter(
        company=pair.company, item_key__in=[item.item_key for item in items], is_released=False
    )
    linked = linked_customers(pair, [row.customer_ref])
    desk = Desk(
        company=pair.company,
        customers={row.customer_ref: row.customer_ref} | linked,
        items={item.document_no: [item] for item in items},
        available={item.item_key: item.available for item in items},
        paid_by_us={reservation.item_key for reservation in reserved},
    )
    decision = decide(payment_of(pair, case), rules, desk)
    row.decision = DecisionState.POSTED_AS
    row.decided_rule = decision.rules[0][:120]
    row.placement, row.customer_id = decision.placement, decision.customer_id
    row.updated_at = wall_now()
    row.save(update_fields=["decision", "decided_rule", "placement", "customer_id", "updated_at"])
    return _owe(pair, row, rules, decision)


def _owe(pair: Pair, row: Transaction, rules: RuleBook, decision: Decision) -> Posting:
    draft = decision.receipt
    if draft is None or row.batch is None:
        raise ValueError(f"{row} owes nothing.")
    group = _open_batch(pair, row, rules, decision)
    posting = _posting(pair, keys.transaction_key(pair, row.vendor_id, "receipt"), draft, row)
    posting.group = group
    posting.save()
    effect = _effect(pair, posting, EffectKind.RECEIPT, rules, decision.rules, row)
    for applied in draft.applications:
        Reservation.objects.create(
            effect=effect,
            company=pair.company,
            item_key=applied.item_key,
            document_no=applied.document_no,
            amount=applied.amount.amount,
        )
    return posting


def _open_batch(pair: Pair, row: Transaction, rules: RuleBook, decision: Decision) -> Posting:
    """The ERP batch of the settlement batch, opened by its first document."""
    key = keys.batch_key(pair, row.batch_ref, "erp-batch-receipts")
    known = Posting.objects.filter(key=key).first()
    if known is not None:
        return known
    draft = BatchDraft(
        company=pair.company,
        purpose=BatchPurpose.RECEIPTS,
        posting_on=row.settled_on or row.captured_on,
        comment=keys.settlement_ref(pair, row.batch_ref),
        deposit_account=decision.clearing_account,
    )
    posting = _posting(pair, key, draft, row)
    posting.amount = 0 * row.amount
    posting.save()
    _effect(pair, posting, EffectKind.ERP_BATCH, rules, (), row)
    _post(posting)
    return posting


def _posting(
    pair: Pair, key: str, draft: CashReceiptDraft | BatchDraft, row: Transaction
) -> Posting:
    return Posting(
        key=key,
        target=pair.erp,
        company=pair.company,
        kind=draft.kind.value,
        draft=draft_to_json(draft),
        content_hash=content_hash(draft),
        amount=row.amount,
        currency=row.currency,
        due_at=wall_now(),
        created_at=wall_now(),
    )


def _effect(
    pair: Pair,
    posting: Posting,
    kind: EffectKind,
    rules: RuleBook,
    fired: tuple[str, ...],
    row: Transaction,
) -> Effect:
    return Effect.objects.create(
        pair=pair,
        key=posting.key,
        kind=kind,
        transaction=row if kind == EffectKind.RECEIPT else None,
        batch=row.batch,
        fact=row.last_fact,
        version_id=rules.version_id,
        rules=list(fired),
        posting=posting,
        business_on=row.settled_on or row.captured_on,
        created_at=wall_now(),
    )


def _post(posting: Posting) -> None:
    """Claimed, sent, recorded: two transactions, the request between them."""
    posting.state, posting.claim = PostingState.SENDING, uuid.uuid4()
    posting.claimed_at, posting.attempt_count = wall_now(), posting.attempt_count + 1
    posting.save(update_fields=["state", "claim", "claimed_at", "attempt_count"])
    request = PostRequest(
        key=posting.key,
        content_hash=posting.content_hash,
        draft=draft_from_json(posting.draft),
        batch_ref=posting.group.document_key if posting.group else "",
    )
    (outcome,) = poster_of(posting.target).post([request])
    with transaction.atomic():
        held = Posting.objects.select_for_update().only("state", "claim").get(pk=posting.pk)
        if held.claim != posting.claim:
            raise ValueError(f"{posting} was taken by somebody else.")
        Attempt.objects.create(
            posting=posting,
            number=posting.attempt_count,
            started_at=posting.claimed_at,
            ended_at=wall_now(),
            outcome=outcome.status.value,
        )
        _record(posting, outcome.document.number if outcome.document else "")
        audit.record(
            f"posting.{posting.state}",
            ("posting", str(posting.pk)),
            actor="worker",
            details={"key": posting.key, "document": posting.document_no, "attempt": 1},
        )


def _record(posting: Posting, number: str) -> None:
    is_batch = posting.kind == DocumentKind.BATCH
    posting.state = PostingState.ENTERED if is_batch else PostingState.POSTED
    posting.claim, posting.document_no, posting.document_key = None, number, number
    posting.entered_at = wall_now()
    posting.posted_at = None if is_batch else wall_now()
    posting.save(
        update_fields=[
            "state", "claim", "document_no", "document_key", "entered_at", "posted_at",
        ]
    )  # fmt: skip

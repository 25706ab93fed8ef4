"""The shapes every connector speaks: records come in, drafts go out.

Frozen and free of Django, so that translation is pure and saved payloads test it. Amounts are
`Money` in major units; moments are aware UTC; `_on` dates are business days where the money moves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from integrations.money import Money


class TransactionKind(StrEnum):
    SALE = "sale"
    AUTHORIZATION = "authorization"
    REFUND = "refund"


class TransactionStatus(StrEnum):
    """One life cycle for all gateways."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    SETTLED = "settled"
    FUNDED = "funded"
    DECLINED = "declined"
    VOIDED = "voided"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    CHARGED_BACK = "charged_back"
    RETURNED = "returned"


class FactKind(StrEnum):
    TRANSACTION = "transaction"
    BATCH = "batch"
    BANK_LINE = "bank_line"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class TransactionRecord:
    """One gateway transaction as it stands at one reading.

    `amount` is positive: `kind` says which way it moves. `batch_ref` is the gateway's settlement
    batch once settled. `reference_texts` are the free fields in which a payer may have typed
    invoice numbers, most trusted first. `parent_ref` is the vendor's own link of a refund to its
    sale, empty where the vendor has none.
    """

    external_id: str
    kind: TransactionKind
    status: TransactionStatus
    amount: Money
    captured_at: datetime
    captured_on: date
    settled_at: datetime | None = None
    settled_on: date | None = None
    batch_ref: str = ""
    customer_ref: str = ""
    payer_ref: str = ""
    reference_texts: tuple[str, ...] = ()
    parent_ref: str = ""
    method: str = ""
    last4: str = ""
    approval_code: str = ""
    response: str = ""

    fact_kind: ClassVar[FactKind] = FactKind.TRANSACTION


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A settlement batch as the gateway reports it: gross, without fees."""

    external_id: str
    closed_at: datetime
    closed_on: date
    transaction_count: int
    sales_count: int
    sales: Money
    refund_count: int
    refunds: Money
    net: Money

    fact_kind: ClassVar[FactKind] = FactKind.BATCH


@dataclass(frozen=True, slots=True)
class StatementLineRecord:
    """A line of a bank statement; `amount` is signed from the merchant's side.

    Banks give no ids: `external_id` is a fingerprint of the line's own text plus `occurrence`,
    the how-manieth equal line of the same day it is, so that true twins stay two.
    """

    external_id: str
    line_number: int
    booked_on: date
    description: str
    reference: str
    amount: Money
    balance: Money | None
    occurrence: int

    fact_kind: ClassVar[FactKind] = FactKind.BANK_LINE


@dataclass(frozen=True, slots=True)
class HintRecord:
    """Somebody says that something happened; the vendor's own read has to confirm it."""

    external_id: str
    about: FactKind
    vendor_id: str

    fact_kind: ClassVar[FactKind] = FactKind.HINT


Record = TransactionRecord | BatchRecord | StatementLineRecord | HintRecord


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record that could not be read; the rest of its document goes on without it."""

    position: int
    reason: str
    external_id: str = ""
    fact_kind: FactKind = FactKind.TRANSACTION


def _fields_of(value: Any) -> dict[str, Any]:
    return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return value.text + " " + value.currency
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()  # one moment, one text, whatever its zone
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return _fields_of(value)
    return value


def canonical_json(value: object) -> str:
    """Sorted, compact JSON of plain values, Money, Decimal and times: equal things, equal text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def meaning_of(record: Record) -> dict[str, Any]:
    """The fields of a record that mean something in the books, as plain JSON values."""
    plain = _fields_of(record)
    plain.pop("line_number", None)
    return plain


def meaning_hash(record: Record) -> str:
    """SHA-256 of the record's meaning: a repeat has the same, a change another."""
    return hashlib.sha256(canonical_json(meaning_of(record)).encode()).hexdigest()


# --- what the ERP holds, as read back -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenItemRecord:
    """An A/R invoice in the ERP; `available` is its balance less applications pending there."""

    company: str
    item_key: str
    document_no: str
    references: tuple[str, ...]
    customer_id: str
    customer_name: str
    invoiced_on: date
    amount: Money
    balance: Money
    available: Money


@dataclass(frozen=True, slots=True)
class ItemSnapshot:
    """One consistent look at some open items, and which of our keys the ERP already holds."""

    items: tuple[OpenItemRecord, ...]
    keys_present: frozenset[str]


@dataclass(frozen=True, slots=True)
class LedgerLineRecord:
    """A general-ledger line of the ERP; exactly one of debit and credit is not zero."""

    company: str
    account: str
    posted_on: date
    debit: Money
    credit: Money
    reference: str
    comment: str
    batch_ref: str


# --- drafts: what is to be posted -----------------------------------------------------------


class DocumentKind(StrEnum):
    BATCH = "batch"
    CASH_RECEIPT = "cash_receipt"
    JOURNAL = "journal"
    CREDIT_MEMO = "credit_memo"
    APPLICATION = "application"
    BATCH_POST = "batch_post"


class BatchPurpose(StrEnum):
    RECEIPTS = "receipts"
    JOURNALS = "journals"
    MEMOS = "memos"
    APPLICATIONS = "applications"


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """An ERP batch to open. `deposit_account` is what a receipt batch debits (clearing)."""

    company: str
    purpose: BatchPurpose
    posting_on: date
    comment: str
    deposit_account: str = ""
    kind: DocumentKind = DocumentKind.BATCH


@dataclass(frozen=True, slots=True)
class BatchPostDraft:
    """The order to post an ERP batch once it holds `count` documents of `amount` together."""

    company: str
    purpose: BatchPurpose
    count: int
    amount: Money
    kind: DocumentKind = DocumentKind.BATCH_POST


@dataclass(frozen=True, slots=True)
class ApplicationDraft:
    item_key: str
    document_no: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CashReceiptDraft:
    """Money received. With a customer it is A/R; without, it credits `offset_account`.

    Applied plus unapplied equals `amount`. `settlement_ref` stands on the clearing line of the
    ledger, `payment_ref` (the gateway's transaction id) on the receipt.
    """

    company: str
    received_on: date
    amount: Money
    method: str
    payment_ref: str
    settlement_ref: str
    comment: str
    customer_id: str = ""
    offset_account: str = ""
    applications: tuple[ApplicationDraft, ...] = ()
    kind: DocumentKind = DocumentKind.CASH_RECEIPT


@dataclass(frozen=True, slots=True)
class JournalLineDraft:
    account: str
    debit: Money
    credit: Money
    reference: str
    comment: str


@dataclass(frozen=True, slots=True)
class JournalDraft:
    company: str
    dated_on: date
    comment: str
    lines: tuple[JournalLineDraft, ...] = ()
    kind: DocumentKind = DocumentKind.JOURNAL

    def imbalance(self) -> Decimal:
        """Debits less credits over all lines (one currency a journal); must be zero."""
        return sum((line.debit.amount - line.credit.amount for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class CreditMemoDraft:
    """An A/R credit memo for a customer, against `offset_account` (sales returns)."""

    company: str
    customer_id: str
    dated_on: date
    amount: Money
    offset_account: str
    reference: str
    comment: str
    kind: DocumentKind = DocumentKind.CREDIT_MEMO


@dataclass(frozen=True, slots=True)
class ReceiptApplicationDraft:
    """What is left of a posted receipt, applied to one of its customer's invoices.

    `receipt_key` and `item_key` are the ERP's keys, `receipt_no` and `document_no` for people.
    """

    company: str
    receipt_key: str
    receipt_no: str
    item_key: str
    document_no: str
    amount: Money
    kind: DocumentKind = DocumentKind.APPLICATION


Draft = (
    BatchDraft
    | CashReceiptDraft
    | JournalDraft
    | CreditMemoDraft
    | ReceiptApplicationDraft
    | BatchPostDraft
)


def draft_to_json(draft: Draft) -> dict[str, Any]:
    """Plain JSON of a draft: what a posting stores, hashes and compares."""
    return _fields_of(draft)


def content_hash(draft: Draft) -> str:
    return hashlib.sha256(canonical_json(draft_to_json(draft)).encode()).hexdigest()


def _money(text: str) -> Money:
    amount, currency = text.split(" ")
    return Money(Decimal(amount), currency)


def draft_from_json(plain: Mapping[str, Any]) -> Draft:
    """The draft that `draft_to_json` wrote; raises KeyError or ValueError on anything else."""
    values = dict(plain)
    kind = DocumentKind(values.pop("kind"))
    for name in ("posting_on", "received_on", "dated_on"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    if "amount" in values:
        values["amount"] = _money(values["amount"])
    if "purpose" in values:
        values["purpose"] = BatchPurpose(values["purpose"])
    if kind is DocumentKind.BATCH:
        return BatchDraft(**values)
    if kind is DocumentKind.BATCH_POST:
        return BatchPostDraft(**values)
    if kind is DocumentKind.CREDIT_MEMO:
        return CreditMemoDraft(**values)
    if kind is DocumentKind.APPLICATION:
        return ReceiptApplicationDraft(**values)
    if kind is DocumentKind.CASH_RECEIPT:
        rows = values.pop("applications")
        return CashReceiptDraft(
            **values,
            applications=tuple(
                ApplicationDraft(**{**r, "amount": _money(r["amount"])}) for r in rows
            ),
        )
    lines = values.pop("lines")
    return JournalDraft(
        **values,
        lines=tuple(
            JournalLineDraft(**{**r, "debit": _money(r["debit"]), "credit": _money(r["credit"])})
            for r in lines
        ),
    )


# --- answers ----------------------------------------------------------------------------------


class OutcomeStatus(StrEnum):
    DONE = "done"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Where a document stands in the target: its number for people, its key for machines."""

    number: str
    key: str
    batch_ref: str = ""
    is_posted: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The target's answer for one draft.

    DONE and DUPLICATE carry a document; CONFLICT is our key with other content; REFUSED is a
    reasoned no (`code`); NOT_SENT provably never left; UNKNOWN has no explicit answer.
    """

    key: str
    status: OutcomeStatus
    document: DocumentRef | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class FoundPosting:
    """A document found by our key. `content_hash` is what the target stored beside the key."""

    key: str
    kind: DocumentKind
    content_hash: str
    document: DocumentRef
    amount: Money | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

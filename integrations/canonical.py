"""The records every connector speaks: what comes in. What goes out is in `integrations.drafts`.

Frozen and free of Django, so that translation is pure and saved payloads test it. Amounts are
`Money` in major units; moments are aware UTC; `_on` dates are business days where the money moves.
The shapes that go out are named here as well: who speaks to a vendor needs one import.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from integrations.drafts import (
    ApplicationDraft,
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CashReceiptDraft,
    CreditMemoDraft,
    CustomerDraft,
    DocumentKind,
    DocumentRef,
    Draft,
    FoundPosting,
    InvoiceDraft,
    InvoiceLineDraft,
    JournalDraft,
    JournalLineDraft,
    Outcome,
    OutcomeStatus,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
    ShownDocument,
    ShownLine,
    content_hash,
    draft_from_json,
    draft_to_json,
)
from integrations.money import Money, total, trimmed
from integrations.plain import canonical_json, fields_of, plain_hash

__all__ = [
    "ApplicationDraft",
    "BatchDraft",
    "BatchPostDraft",
    "BatchPurpose",
    "BatchRecord",
    "CashReceiptDraft",
    "CreditMemoDraft",
    "CustomerDraft",
    "CustomerRecord",
    "DocumentKind",
    "DocumentRef",
    "Draft",
    "FactKind",
    "FoundPosting",
    "HintRecord",
    "InvoiceDraft",
    "InvoiceLineDraft",
    "ItemSnapshot",
    "JournalDraft",
    "JournalLineDraft",
    "LedgerLineRecord",
    "OpenItemRecord",
    "OrderLineRecord",
    "OrderRecord",
    "OrderTaxRecord",
    "Outcome",
    "OutcomeStatus",
    "PartyRecord",
    "ReceiptApplicationDraft",
    "ReceiptReversalDraft",
    "Record",
    "SalesOrderLineRecord",
    "SalesOrderRecord",
    "ShownDocument",
    "ShownLine",
    "StatementLineRecord",
    "StockLevel",
    "TransactionKind",
    "TransactionRecord",
    "TransactionStatus",
    "Unreadable",
    "canonical_json",
    "content_hash",
    "draft_from_json",
    "draft_to_json",
    "meaning_hash",
    "meaning_of",
    "plain_hash",
]


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
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """A person or company as one system writes it down; every field may be empty.

    `lines` are the street lines. Nothing is standardised: that is for who compares.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    tax_number: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return self != PartyRecord()


@dataclass(frozen=True, slots=True)
class TransactionRecord:
    """One gateway transaction as it stands at one reading.

    `amount` is positive: `kind` says which way it moves. `batch_ref` is the gateway's settlement
    batch once settled. `reference_texts` are the free fields in which a payer may have typed
    invoice numbers, most trusted first. `parent_ref` is the vendor's own link of a refund to its
    sale, empty where the vendor has none. `payer` is who paid, as the vendor shows it: it helps to
    find the customer and is no part of the payment's meaning.
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
    payer: PartyRecord = PartyRecord()

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


@dataclass(frozen=True, slots=True)
class OrderLineRecord:
    """A line of an order, as the shop has it.

    `unit_price` is in the order's currency and may be finer than it; `amount` is what the line
    comes to and is the shop's own. Both numbers are kept without zeros at their end.
    """

    position: int
    item: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money
    category: str = ""
    department: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", trimmed(self.quantity))
        object.__setattr__(self, "unit_price", trimmed(self.unit_price))


@dataclass(frozen=True, slots=True)
class OrderTaxRecord:
    """A tax of an order: on what amount it was taken, and what was charged."""

    component: str
    jurisdiction: str
    taxable: Money
    charged: Money


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as a shop sends it, at one reading. `external_id` is the order's number.

    `shipping` and `discount` are positive magnitudes of the whole order. `payment_ref` is the
    gateway's id of the payment, empty where none is named. `payer` helps to find the customer and
    is no part of the order's meaning. The total is the shop's own and may not follow from the
    rest: see `imbalance`. `revision` counts the shop's own changes, 0 where it does not say.
    """

    external_id: str
    ordered_on: date
    customer_ref: str
    currency: str
    lines: tuple[OrderLineRecord, ...]
    shipping: Money
    discount: Money
    taxes: tuple[OrderTaxRecord, ...]
    total: Money
    payment_ref: str = ""
    payer: PartyRecord = PartyRecord()
    revision: int = 0

    fact_kind: ClassVar[FactKind] = FactKind.ORDER

    def imbalance(self) -> Money:
        """The total less lines, shipping and taxes, with the discount taken off; zero when right.

        Raises MoneyError where amounts are in several currencies.
        """
        parts = (*(line.amount for line in self.lines), *(tax.charged for tax in self.taxes))
        return self.total - total(parts, self.currency) - self.shipping + self.discount


Record = TransactionRecord | BatchRecord | StatementLineRecord | HintRecord | OrderRecord


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One record that could not be read; the rest of its document goes on without it."""

    position: int
    reason: str
    external_id: str = ""
    fact_kind: FactKind = FactKind.TRANSACTION


def meaning_of(record: Record) -> dict[str, Any]:
    """The fields of a record that mean something in the books, as plain JSON values.

    Not who paid: a payer that moves house does not change the payment, and facts that were stored
    before payers were read keep their hash.
    """
    plain = fields_of(record)
    plain.pop("line_number", None)
    plain.pop("payer", None)
    return plain


def meaning_hash(record: Record) -> str:
    """SHA-256 of the record's meaning: a repeat has the same, a change another."""
    return plain_hash(meaning_of(record))


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
class CustomerRecord:
    """A customer as the ERP has it. `crm_ref`: its number in the CRM, where the ERP keeps that."""

    company: str
    customer_id: str
    party: PartyRecord
    crm_ref: str = ""
    is_active: bool = True


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


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What is there of an item: on hand less what is committed, in the item's stock unit."""

    item: str
    available: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "available", trimmed(self.available))


@dataclass(frozen=True, slots=True)
class SalesOrderLineRecord:
    """A line of a sales order in the ERP; `open_quantity` is still to be shipped."""

    line_no: int
    item: str
    description: str
    quantity: Decimal
    open_quantity: Decimal
    unit_price: Decimal
    amount: Money
    account: str

    def __post_init__(self) -> None:
        for name in ("quantity", "open_quantity", "unit_price"):
            object.__setattr__(self, name, trimmed(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class SalesOrderRecord:
    """A sales order as the ERP has it.

    `references` are all numbers by which it is found; `status` is the ERP's own, in words.
    """

    company: str
    order_key: str
    document_no: str
    references: tuple[str, ...]
    customer_id: str
    ordered_on: date
    status: str
    is_open: bool
    amount: Money
    lines: tuple[SalesOrderLineRecord, ...] = ()

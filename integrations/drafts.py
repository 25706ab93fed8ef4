"""Drafts, what is to be posted, and the target's answers: the shapes that go out and come back.

Frozen and free of Django like the records of `integrations.canonical`, which names them too.
Amounts are `Money` in major units; `_on` dates are business days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from integrations.errors import EdgeError
from integrations.money import Money, total, trimmed
from integrations.plain import fields_of, plain_hash


class DocumentKind(StrEnum):
    BATCH = "batch"
    CASH_RECEIPT = "cash_receipt"
    JOURNAL = "journal"
    CREDIT_MEMO = "credit_memo"
    INVOICE = "invoice"
    APPLICATION = "application"
    REVERSAL = "reversal"
    CUSTOMER = "customer"
    BATCH_POST = "batch_post"


class BatchPurpose(StrEnum):
    RECEIPTS = "receipts"
    JOURNALS = "journals"
    MEMOS = "memos"
    INVOICES = "invoices"
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
class InvoiceLineDraft:
    """A line of an invoice; `account` is what it credits, and always given.

    `amount` is signed: a discount is negative. `item` is empty for a charge that is no item, and
    `tax_code` is given for a line that is a tax. `quantity` is kept without zeros at its end.
    """

    description: str
    amount: Money
    account: str
    item: str = ""
    quantity: Decimal = Decimal(1)
    tax_code: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", trimmed(self.quantity))


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """An A/R invoice with lines that come to `amount`, which is positive.

    `reference` is the number of the order that it is for, as the customer knows it.
    """

    company: str
    customer_id: str
    dated_on: date
    amount: Money
    reference: str
    comment: str
    lines: tuple[InvoiceLineDraft, ...] = ()
    kind: DocumentKind = DocumentKind.INVOICE

    def imbalance(self) -> Money:
        """The amount less what the lines come to; must be zero."""
        return self.amount - total((line.amount for line in self.lines), self.amount.currency)


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


@dataclass(frozen=True, slots=True)
class ReceiptReversalDraft:
    """A receipt taken back whole, with all that was applied from it; entered or posted already.

    `receipt_key` is the ERP's key, `receipt_no` for people. `amount` is the receipt's own and
    positive; both references are the receipt's, so that its clearing lines sum to zero.
    """

    company: str
    receipt_key: str
    receipt_no: str
    dated_on: date
    amount: Money
    payment_ref: str
    settlement_ref: str
    comment: str
    kind: DocumentKind = DocumentKind.REVERSAL


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """A customer that the target is to have. It goes into no batch and moves no money.

    Its number is `customer_id`, or, where that is empty, the next one behind `number_prefix` that
    the target itself gives, filled with zeros to `number_digits`. `reference` is the gateway's
    number of the payer, where the target has room for it. Empty class and terms: the target's own.
    """

    company: str
    name: str
    since_on: date
    customer_id: str = ""
    number_prefix: str = ""
    number_digits: int = 6
    email: str = ""
    phone: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    reference: str = ""
    customer_class: str = ""
    terms: str = ""
    kind: DocumentKind = DocumentKind.CUSTOMER


Draft = (
    BatchDraft
    | CashReceiptDraft
    | JournalDraft
    | CreditMemoDraft
    | InvoiceDraft
    | ReceiptApplicationDraft
    | ReceiptReversalDraft
    | CustomerDraft
    | BatchPostDraft
)


def draft_to_json(draft: Draft) -> dict[str, Any]:
    """Plain JSON of a draft: what a posting stores, hashes and compares."""
    return fields_of(draft)


def content_hash(draft: Draft) -> str:
    return plain_hash(draft_to_json(draft))


def _money(text: str) -> Money:
    amount, currency = text.split(" ")
    return Money(Decimal(amount), currency)


def _invoice_line(plain: Mapping[str, Any]) -> InvoiceLineDraft:
    exact = {"amount": _money(plain["amount"]), "quantity": Decimal(plain["quantity"])}
    return InvoiceLineDraft(**{**plain, **exact})


#: Drafts without parts of their own.
_PLAIN: Final[Mapping[DocumentKind, Callable[..., Draft]]] = {
    DocumentKind.BATCH: BatchDraft,
    DocumentKind.BATCH_POST: BatchPostDraft,
    DocumentKind.CREDIT_MEMO: CreditMemoDraft,
    DocumentKind.APPLICATION: ReceiptApplicationDraft,
    DocumentKind.REVERSAL: ReceiptReversalDraft,
}


def draft_from_json(plain: Mapping[str, Any]) -> Draft:
    """The draft that `draft_to_json` wrote; raises KeyError or ValueError on anything else."""
    values = dict(plain)
    kind = DocumentKind(values.pop("kind"))
    for name in ("posting_on", "received_on", "dated_on", "since_on"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    if "amount" in values:
        values["amount"] = _money(values["amount"])
    if "purpose" in values:
        values["purpose"] = BatchPurpose(values["purpose"])
    if kind is DocumentKind.CUSTOMER:
        return CustomerDraft(**{**values, "lines": tuple(values["lines"])})
    if plain_draft := _PLAIN.get(kind):
        return plain_draft(**values)
    if kind is DocumentKind.CASH_RECEIPT:
        rows = values.pop("applications")
        return CashReceiptDraft(
            **values,
            applications=tuple(
                ApplicationDraft(**{**r, "amount": _money(r["amount"])}) for r in rows
            ),
        )
    lines = values.pop("lines")
    if kind is DocumentKind.INVOICE:
        return InvoiceDraft(**values, lines=tuple(_invoice_line(line) for line in lines))
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
    `error` says why where the connection itself was at fault: it is paused by its kind.
    """

    key: str
    status: OutcomeStatus
    document: DocumentRef | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""
    error: EdgeError | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class ShownLine:
    """A ledger line as the target shows it; `amount` is signed, debits positive."""

    account: str
    amount: Money
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document as it stands in the target; None for a field that the target cannot show.

    `applications`: (invoice key, amount) that it applied when it was made, sorted; `lines` too.
    """

    amount: Money | None = None
    customer_id: str | None = None
    dated_on: date | None = None
    receipt_key: str | None = None
    applications: tuple[tuple[str, Money], ...] | None = None
    lines: tuple[ShownLine, ...] | None = None
    payment_ref: str | None = None
    settlement_ref: str | None = None
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class FoundPosting:
    """A document found by our key. `content_hash` is what the target stored beside the key;
    `shown` is the document itself, where the target can show it."""

    key: str
    kind: DocumentKind
    content_hash: str
    document: DocumentRef
    amount: Money | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    shown: ShownDocument | None = None

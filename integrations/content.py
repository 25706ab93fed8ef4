"""What is owed beside what the target shows: field by field. Pure.

A hash that the target keeps beside our key tells what was sent, not what stands there now. Where
the target can show the document itself, the two are compared in the fields that carry money.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from integrations.drafts import (
    CashReceiptDraft,
    CreditMemoDraft,
    Draft,
    FoundPosting,
    InvoiceDraft,
    InvoiceLineDraft,
    JournalDraft,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
    ShownDocument,
    ShownLine,
)
from integrations.money import Money
from integrations.standing import invoice_line_words


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on both sides, in words."""

    field: str
    owed: str
    found: str

    def plain(self) -> dict[str, str]:
        return asdict(self)


def differences(draft: Draft, content_hash: str, found: FoundPosting) -> tuple[Difference, ...]:
    """Every field in which the document that was found is not the one that is owed."""
    if found.details.get("document_present") is False:
        return (Difference("Document", "stands in the ERP", "was taken out; only its key is left"),)
    fields = _fields(_owed(draft), found.shown) if found.shown is not None else []
    if found.content_hash != content_hash and not fields:
        what = "as it is owed now", "another version, sent under the same key"
        fields.append(Difference("Content", *what))
    return tuple(fields)


def _owed(draft: Draft) -> ShownDocument:
    """The draft as a target would show it; None for a field that such a document has not."""
    if isinstance(draft, CashReceiptDraft):
        return ShownDocument(
            amount=draft.amount,
            customer_id=draft.customer_id,
            dated_on=draft.received_on,
            applications=tuple(sorted((a.item_key, a.amount) for a in draft.applications)),
        )
    if isinstance(draft, CreditMemoDraft):
        return ShownDocument(
            amount=draft.amount, customer_id=draft.customer_id, dated_on=draft.dated_on
        )
    if isinstance(draft, InvoiceDraft):
        return ShownDocument(
            amount=draft.amount,
            customer_id=draft.customer_id,
            dated_on=draft.dated_on,
            lines=tuple(sorted(_invoice_line(line) for line in draft.lines)),
        )
    if isinstance(draft, ReceiptApplicationDraft):
        return ShownDocument(
            amount=draft.amount,
            applications=((draft.item_key, draft.amount),),
            receipt_key=draft.receipt_key,
        )
    if isinstance(draft, ReceiptReversalDraft):
        return ShownDocument(
            amount=draft.amount,
            dated_on=draft.dated_on,
            receipt_key=draft.receipt_key,
            payment_ref=draft.payment_ref,
            settlement_ref=draft.settlement_ref,
        )
    if isinstance(draft, JournalDraft):
        lines = (
            ShownLine(line.account, line.debit - line.credit, line.reference)
            for line in draft.lines
        )
        return ShownDocument(dated_on=draft.dated_on, lines=tuple(sorted(lines)))
    return ShownDocument()


def _invoice_line(line: InvoiceLineDraft) -> ShownLine:
    words = invoice_line_words(line.item, line.quantity, line.tax_code)
    return ShownLine(line.account, -line.amount, words)


def _fields(owed: ShownDocument, shown: ShownDocument) -> list[Difference]:
    compared = (
        ("State", "valid", "void" if shown.is_void else "valid"),
        ("Amount", _text(owed.amount), _text(shown.amount)),
        ("Customer", owed.customer_id, shown.customer_id),
        ("Date", _text(owed.dated_on), _text(shown.dated_on)),
        ("Receipt", owed.receipt_key, shown.receipt_key),
        ("Payment reference", owed.payment_ref, shown.payment_ref),
        ("Settlement reference", owed.settlement_ref, shown.settlement_ref),
        ("Applications", _applied(owed.applications), _applied(shown.applications)),
        ("Lines", _lines(owed.lines), _lines(shown.lines)),
    )
    return [
        Difference(field, left or "none", right or "none")
        for field, left, right in compared
        if left is not None and right is not None and left != right
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _applied(parts: Iterable[tuple[str, Money]] | None) -> str | None:
    if parts is None:
        return None
    return ", ".join(f"{amount} to invoice key {key}" for key, amount in parts)


def _lines(lines: Iterable[ShownLine] | None) -> str | None:
    if lines is None:
        return None
    return ", ".join(f"{line.account} {line.amount} {line.reference}".strip() for line in lines)

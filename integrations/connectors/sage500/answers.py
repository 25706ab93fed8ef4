"""What Sage answers, as outcomes and records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from integrations.canonical import (
    DocumentKind,
    DocumentRef,
    FoundPosting,
    LedgerLineRecord,
    OpenItemRecord,
    Outcome,
    OutcomeStatus,
    ShownDocument,
)
from integrations.connectors.sage500.builder import Call
from integrations.connectors.sage500.errors import REFUSALS
from integrations.connectors.sage500.numbers import typed_forms
from integrations.connectors.sage500.reads import POSTED_BATCH
from integrations.contracts import PostRequest
from integrations.money import Money

STATUSES: Final[dict[int, OutcomeStatus]] = {
    1: OutcomeStatus.DONE,
    2: OutcomeStatus.DUPLICATE,
    3: OutcomeStatus.CONFLICT,
    4: OutcomeStatus.REFUSED,
}


def outcome_of(request: PostRequest, call: Call, results: Mapping[str, Any]) -> Outcome:
    """The wrapper's results as an outcome; a status it does not define leaves it unknown."""
    status = STATUSES.get(results.get("oStatus") or 0, OutcomeStatus.UNKNOWN)
    code = _text(results.get("oCode"))
    message = _text(results.get("oMessage")) or REFUSALS.get(code, ("", ""))[1]
    document = None
    if status in (OutcomeStatus.DONE, OutcomeStatus.DUPLICATE):
        document = _document(request, call, results)
    return Outcome(request.key, status, document, code, message)


def _document(request: PostRequest, call: Call, results: Mapping[str, Any]) -> DocumentRef:
    if not call.key_result:
        return DocumentRef(request.batch_ref, request.batch_ref, request.batch_ref, is_posted=True)
    key = str(results[call.key_result])
    if request.draft.kind is DocumentKind.CUSTOMER:
        return DocumentRef(_text(results[call.number_result]), key, is_posted=True)
    batch_ref = key if request.draft.kind is DocumentKind.BATCH else request.batch_ref
    return DocumentRef(_text(results[call.number_result]), key, batch_ref)


def open_item_of(row: Mapping[str, Any], company: str, references: int) -> OpenItemRecord:
    """`available` is the balance less what applications pending in Sage will take.

    `references` holds every form that would have found the invoice.
    """
    currency = _text(row["CurrID"])
    numbers = [_text(row[f"Reference{n}"]) for n in range(references)]
    return OpenItemRecord(
        company=company,
        item_key=str(row["InvcKey"]),
        document_no=_text(row["TranID"]),
        references=typed_forms(numbers),
        customer_id=_text(row["CustID"]),
        customer_name=_text(row["CustName"]),
        invoiced_on=row["TranDate"].date(),
        amount=money_of(row["TranAmt"], currency),
        balance=money_of(row["Balance"], currency),
        available=money_of(row["Balance"] - row["PendingAmt"], currency),
    )


def ledger_line_of(row: Mapping[str, Any], company: str, account: str) -> LedgerLineRecord:
    """Sage's amounts are signed, debits positive."""
    currency = _text(row["CurrID"])
    amount = money_of(row["PostAmt"], currency)
    nothing = Money.zero(currency)
    posted_at: datetime = row["PostDate"]
    return LedgerLineRecord(
        company=company,
        account=account,
        posted_on=posted_at.date(),
        debit=max(amount, nothing),
        credit=max(-amount, nothing),
        reference=_text(row["RefNo"]),
        comment=_text(row["ExtCmnt"]),
        batch_ref=str(row["BatchKey"]),
    )


def found_posting_of(
    row: Mapping[str, Any], currency: str, shown: Mapping[str, ShownDocument]
) -> FoundPosting:
    """`details["document_present"]` is False where the key stands but its document is gone."""
    kind = DocumentKind(_text(row["DocumentKind"]))
    is_batch = kind in (DocumentKind.BATCH, DocumentKind.BATCH_POST)
    is_customer = kind is DocumentKind.CUSTOMER
    amount = row["FoundAmt"] if row["FoundAmt"] is not None else row["Amount"]
    document = DocumentRef(
        number=_text(row["BatchID"]) if is_batch else _text(row["DocumentNo"]),
        key=str(row["DocumentKey"]),
        batch_ref="" if is_customer else str(row["BatchKey"]),
        is_posted=row["FoundKey"] is not None if is_customer else row["Status"] == POSTED_BATCH,
    )
    return FoundPosting(
        key=_text(row["PostingKey"]),
        kind=kind,
        content_hash=_text(row["ContentHash"]),
        document=document,
        amount=None
        if amount is None
        else money_of(abs(amount), _text(row["FoundCurrID"]) or currency),
        details={
            "document_present": row["BatchID"] is not None
            if is_batch
            else row["FoundKey"] is not None,
            "batch_status": row["Status"],
            "batch_post_status": row["PostStatus"],
        },
        shown=shown.get(_text(row["PostingKey"])),
    )


def money_of(amount: Decimal, currency: str) -> Money:
    """Sage keeps three decimals; a third one that is not zero stays."""
    exact = Money(amount, currency)
    rounded = exact.rounded()
    return rounded if rounded.amount == exact.amount else exact


def _text(value: object) -> str:
    """Sage pads, and lets line breaks into names."""
    return " ".join(str(value).split()) if value is not None else ""

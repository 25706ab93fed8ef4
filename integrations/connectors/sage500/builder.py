"""Drafts as calls of the wrapper procedures. Pure.

Parameters stand in the order of the wrapper's contract. A text that is too long is refused here,
before anything is sent, and never cut: what would be lost is somebody's reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from integrations.canonical import (
    BatchDraft,
    BatchPostDraft,
    CashReceiptDraft,
    CreditMemoDraft,
    CustomerDraft,
    DocumentKind,
    InvoiceDraft,
    InvoiceLineDraft,
    JournalDraft,
    JournalLineDraft,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
)
from integrations.contracts import PostRequest
from integrations.money import Money

#: numeric(15,3)
LARGEST_AMOUNT: Final = Decimal("999999999999.999")
#: numeric(16,8)
LARGEST_QUANTITY: Final = Decimal("99999999.99999999")
QUANTITY_DECIMALS: Final = 8
#: The results every procedure has.
STATUS_RESULTS: Final = (
    ("oStatus", "int"),
    ("oCode", "varchar(40)"),
    ("oMessage", "nvarchar(255)"),
)


class Refusal(Exception):
    """The draft cannot be written as a call; the code is one of the wrapper's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Call:
    """One CALL or EXEC: `values` by parameter name in order, `results` as (name, SQL type)."""

    procedure: str
    values: Mapping[str, Any]
    results: tuple[tuple[str, str], ...]
    key_result: str
    number_result: str


@dataclass(frozen=True, slots=True)
class Width:
    """A text parameter's length in the target, and how people call it."""

    length: int
    words: str


WIDTHS: Final[Mapping[str, Width]] = {
    "iKey": Width(200, "posting key"),
    "iHash": Width(64, "content hash"),
    "iCompanyID": Width(3, "company"),
    "iComment": Width(50, "comment"),
    "iUserID": Width(30, "user id"),
    "iDepositAcctNo": Width(100, "deposit account"),
    "iCustID": Width(12, "customer id"),
    "iOffsetAcctNo": Width(100, "offset account"),
    "iCurrID": Width(3, "currency"),
    "iPmtMethodID": Width(15, "payment method"),
    "iPaymentRef": Width(30, "payment reference"),
    "iSettlementRef": Width(30, "settlement reference"),
    "iReference": Width(15, "reference"),
    "iNumberPrefix": Width(6, "beginning of the customer's number"),
    "iName": Width(40, "name"),
    "iEMail": Width(256, "e-mail address"),
    "iPhone": Width(17, "telephone number"),
    "iAddrLine1": Width(40, "first address line"),
    "iAddrLine2": Width(40, "second address line"),
    "iAddrLine3": Width(40, "third address line"),
    "iCity": Width(20, "city"),
    "iStateID": Width(3, "state"),
    "iPostalCode": Width(10, "post code"),
    "iCountryID": Width(3, "country"),
    "iCustRefNo": Width(15, "gateway's number of the payer"),
    "iCustClassID": Width(15, "customer class"),
    "iPmtTermsID": Width(15, "payment terms"),
}
#: Address lines that a new customer may have.
ADDRESS_LINES: Final = 3
#: What a new customer's texts may hold, by the field of the draft.
CUSTOMER_WIDTHS: Final[Mapping[str, int]] = {
    "customer_id": WIDTHS["iCustID"].length,
    "number_prefix": WIDTHS["iNumberPrefix"].length,
    "name": WIDTHS["iName"].length,
    "email": WIDTHS["iEMail"].length,
    "phone": WIDTHS["iPhone"].length,
    "lines": WIDTHS["iAddrLine1"].length,
    "city": WIDTHS["iCity"].length,
    "region": WIDTHS["iStateID"].length,
    "postcode": WIDTHS["iPostalCode"].length,
    "country": WIDTHS["iCountryID"].length,
    "reference": WIDTHS["iCustRefNo"].length,
    "customer_class": WIDTHS["iCustClassID"].length,
    "terms": WIDTHS["iPmtTermsID"].length,
}
LINE_WIDTHS: Final[Mapping[str, Width]] = {
    "account": Width(100, "account of a journal line"),
    "reference": Width(30, "reference of a journal line"),
    "comment": Width(255, "comment of a journal line"),
}
INVOICE_LINE_WIDTHS: Final[Mapping[str, Width]] = {
    "description": Width(40, "description of an invoice line"),
    "item": Width(30, "item of an invoice line"),
    "account": Width(100, "account of an invoice line"),
    "tax_code": Width(15, "tax code of an invoice line"),
}
#: What an invoice's texts may hold, by the field of the draft.
INVOICE_WIDTHS: Final[Mapping[str, int]] = {
    "customer_id": WIDTHS["iCustID"].length,
    "reference": WIDTHS["iReference"].length,
    "comment": WIDTHS["iComment"].length,
    **{f"lines.{name}": width.length for name, width in INVOICE_LINE_WIDTHS.items()},
}


def build_call(request: PostRequest, user_id: str) -> Call:
    """The call for one request. Raises Refusal."""
    draft = request.draft
    given = user_id if isinstance(draft, BatchDraft | CustomerDraft) else request.batch_ref
    call = _CALLS[draft.kind](draft, given)
    values = {
        "iKey": request.key,
        "iHash": request.content_hash,
        "iCompanyID": draft.company,
        **call.values,
    }
    for name, width in WIDTHS.items():
        if name in values:
            _check_width(values[name], width)
    return Call(call.procedure, values, call.results, call.key_result, call.number_result)


def _open_batch(draft: BatchDraft, user_id: str) -> Call:
    values = {
        "iPurpose": draft.purpose.value,
        "iPostDate": draft.posting_on,
        "iComment": draft.comment,
        "iDepositAcctNo": draft.deposit_account,
        "iUserID": user_id,
    }
    results = (*STATUS_RESULTS, ("oBatchKey", "int"), ("oBatchID", "varchar(15)"))
    return Call("OpenBatch", values, results, "oBatchKey", "oBatchID")


def _cash_receipt(draft: CashReceiptDraft, batch_ref: str) -> Call:
    if bool(draft.customer_id) == bool(draft.offset_account):
        raise Refusal(
            "customer_unknown", "A receipt needs either a customer or an offset account, not both."
        )
    amount = _amount(draft.amount)
    applied = Money.zero(draft.amount.currency)
    for application in draft.applications:
        applied += _same_currency(application.amount, draft.amount.currency)
    if applied > draft.amount:
        raise Refusal("over_paid", f"Applications of {applied} exceed the receipt {draft.amount}.")
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iCustID": draft.customer_id,
        "iOffsetAcctNo": draft.offset_account,
        "iTranDate": draft.received_on,
        "iAmount": amount,
        "iCurrID": draft.amount.currency,
        "iPmtMethodID": draft.method,
        "iPaymentRef": draft.payment_ref,
        "iSettlementRef": draft.settlement_ref,
        "iComment": draft.comment,
        "iApplications": json.dumps(
            [{"item_key": a.item_key, "amount": a.amount.text} for a in draft.applications]
        ),
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oTranID", "varchar(13)"))
    return Call("CreateCashReceipt", values, results, "oDocKey", "oTranID")


def _journal(draft: JournalDraft, batch_ref: str) -> Call:
    if not draft.lines or draft.imbalance() != 0:
        raise Refusal(
            "journal_unbalanced", f"Debits less credits of the journal are {draft.imbalance():f}."
        )
    currency = draft.lines[0].debit.currency
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iTranDate": draft.dated_on,
        "iComment": draft.comment,
        "iLines": json.dumps([_journal_line(line, currency) for line in draft.lines]),
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oJrnlNo", "varchar(13)"))
    return Call("CreateJournal", values, results, "oDocKey", "oJrnlNo")


def _journal_line(line: JournalLineDraft, currency: str) -> dict[str, str]:
    texts = {"account": line.account, "reference": line.reference, "comment": line.comment}
    for name, width in LINE_WIDTHS.items():
        _check_width(texts[name], width)
    debit, credit = _same_currency(line.debit, currency), _same_currency(line.credit, currency)
    for amount in (debit, credit):
        _amount(amount)
    return {
        "account": line.account,
        "debit": debit.text,
        "credit": credit.text,
        "reference": line.reference,
        "comment": line.comment,
    }


def _credit_memo(draft: CreditMemoDraft, batch_ref: str) -> Call:
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iCustID": draft.customer_id,
        "iTranDate": draft.dated_on,
        "iAmount": _amount(draft.amount),
        "iCurrID": draft.amount.currency,
        "iOffsetAcctNo": draft.offset_account,
        "iReference": draft.reference,
        "iComment": draft.comment,
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oTranID", "varchar(13)"))
    return Call("CreateCreditMemo", values, results, "oDocKey", "oTranID")


def _invoice(draft: InvoiceDraft, batch_ref: str) -> Call:
    for line in draft.lines:
        _same_currency(line.amount, draft.amount.currency)
    if not draft.lines or draft.imbalance():
        raise Refusal(
            "invoice_unbalanced",
            f"The invoice is {draft.amount}; its lines come to {draft.amount - draft.imbalance()}.",
        )
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iCustID": draft.customer_id,
        "iTranDate": draft.dated_on,
        "iAmount": _amount(draft.amount),
        "iCurrID": draft.amount.currency,
        "iReference": draft.reference,
        "iComment": draft.comment,
        "iLines": json.dumps([_invoice_line(line) for line in draft.lines]),
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oTranID", "varchar(13)"))
    return Call("CreateInvoice", values, results, "oDocKey", "oTranID")


def _invoice_line(line: InvoiceLineDraft) -> dict[str, str]:
    texts = {
        "description": line.description,
        "item": line.item,
        "account": line.account,
        "tax_code": line.tax_code,
    }
    for name, width in INVOICE_LINE_WIDTHS.items():
        _check_width(texts[name], width)
    _amount(abs(line.amount))
    quantity = line.quantity
    if not 0 < quantity <= LARGEST_QUANTITY or quantity != round(quantity, QUANTITY_DECIMALS):
        raise Refusal("quantity_invalid", f"Sage takes no quantity of {quantity:f}.")
    return {**texts, "quantity": f"{quantity:f}", "amount": line.amount.text}


def _application(draft: ReceiptApplicationDraft, batch_ref: str) -> Call:
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iReceiptKey": _sage_key(draft.receipt_key, "receipt_unknown", "receipt"),
        "iInvcKey": _sage_key(draft.item_key, "invoice_unknown", "invoice"),
        "iAmount": _amount(draft.amount),
        "iCurrID": draft.amount.currency,
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oTranID", "varchar(13)"))
    return Call("ApplyReceipt", values, results, "oDocKey", "oTranID")


def _reversal(draft: ReceiptReversalDraft, batch_ref: str) -> Call:
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iReceiptKey": _sage_key(draft.receipt_key, "receipt_unknown", "receipt"),
        "iTranDate": draft.dated_on,
        "iAmount": _amount(draft.amount),
        "iCurrID": draft.amount.currency,
        "iPaymentRef": draft.payment_ref,
        "iSettlementRef": draft.settlement_ref,
        "iComment": draft.comment,
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oTranID", "varchar(13)"))
    return Call("ReverseCashReceipt", values, results, "oDocKey", "oTranID")


def _customer(draft: CustomerDraft, user_id: str) -> Call:
    if len(draft.lines) > ADDRESS_LINES:
        raise Refusal("text_too_long", f"Sage takes {ADDRESS_LINES} address lines.")
    if not draft.name.strip():
        raise Refusal("customer_unknown", "A new customer needs a name.")
    lines = (*draft.lines, "", "", "")
    values = {
        "iCustID": draft.customer_id,
        "iNumberPrefix": draft.number_prefix,
        "iNumberDigits": draft.number_digits,
        "iName": draft.name,
        "iEMail": draft.email,
        "iPhone": draft.phone,
        "iAddrLine1": lines[0],
        "iAddrLine2": lines[1],
        "iAddrLine3": lines[2],
        "iCity": draft.city,
        "iStateID": draft.region,
        "iPostalCode": draft.postcode,
        "iCountryID": draft.country,
        "iCustRefNo": draft.reference,
        "iCustClassID": draft.customer_class,
        "iPmtTermsID": draft.terms,
        "iDateEstab": draft.since_on,
        "iUserID": user_id,
    }
    results = (*STATUS_RESULTS, ("oDocKey", "int"), ("oCustID", "varchar(12)"))
    return Call("CreateCustomer", values, results, "oDocKey", "oCustID")


def _post_batch(draft: BatchPostDraft, batch_ref: str) -> Call:
    values = {
        "iBatchKey": _batch_key(batch_ref),
        "iCount": draft.count,
        "iAmount": _amount(draft.amount),
    }
    return Call("PostBatch", values, (*STATUS_RESULTS, ("oPostStatus", "int")), "", "")


def _batch_key(batch_ref: str) -> int:
    return _sage_key(batch_ref, "batch_unknown", "batch")


def _sage_key(key: str, code: str, words: str) -> int:
    if not (key.isascii() and key.isdecimal()):
        raise Refusal(code, f"{key[:40]!r} is not a Sage {words} key.")
    return int(key)


def _amount(amount: Money) -> Decimal:
    if not 0 <= amount.amount <= LARGEST_AMOUNT:
        raise Refusal("amount_invalid", f"{amount} is negative or too large for Sage.")
    return amount.amount


def _same_currency(amount: Money, currency: str) -> Money:
    if amount.currency != currency:
        raise Refusal("amount_invalid", f"{amount} is not in {currency}, as the document is.")
    return amount


def _check_width(text: str, width: Width) -> None:
    if len(text) > width.length:
        raise Refusal(
            "text_too_long",
            f"The {width.words} has {len(text)} characters; Sage takes {width.length}.",
        )
    if "\x00" in text:
        raise Refusal("text_too_long", f"The {width.words} holds a character Sage cannot store.")


#: The call of each kind, given the batch's key, or the user where there is no batch yet.
_CALLS: Final[Mapping[DocumentKind, Callable[[Any, str], Call]]] = {
    DocumentKind.BATCH: _open_batch,
    DocumentKind.CASH_RECEIPT: _cash_receipt,
    DocumentKind.JOURNAL: _journal,
    DocumentKind.CREDIT_MEMO: _credit_memo,
    DocumentKind.INVOICE: _invoice,
    DocumentKind.APPLICATION: _application,
    DocumentKind.REVERSAL: _reversal,
    DocumentKind.CUSTOMER: _customer,
    DocumentKind.BATCH_POST: _post_batch,
}

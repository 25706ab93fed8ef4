"""What stands in a target under our keys, field by field, and what is owed in the same words. Pure.

A census holds the two against each other: `owed_fields` says what a draft asks for, a connector
says with the same names what its vendor holds. Values are plain texts: amounts `139.12 USD`, days
ISO, lists sorted, so that equal means equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from integrations.drafts import DocumentKind, DocumentRef
from integrations.money import Money, trimmed

#: Names of fields, as pages show them.
LABELS: Final[Mapping[str, str]] = {
    "amount": "Amount",
    "customer": "Customer",
    "account": "Account",
    "date": "Date",
    "reference": "Payment reference",
    "settlement": "Settlement reference",
    "applications": "Applied to",
    "receipt": "Receipt",
    "item": "Invoice",
    "lines": "Lines",
    "status": "Status",
}


class Standing(StrEnum):
    """How a document stands. GONE: our key is there, its document is not any more."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class StandingDocument:
    """One document of ours as the target's own tables have it now.

    `key` is empty for a document that carries none of our keys (a stray); `resembles` is then the
    key of the document that it repeats, if it repeats one. `changed_by` and `changed_at` are the
    target's own note of the last change, empty where it keeps none.
    """

    key: str
    kind: DocumentKind
    content_hash: str
    document: DocumentRef
    standing: Standing
    fields: Mapping[str, str] = field(default_factory=dict)
    resembles: str = ""
    changed_by: str = ""
    changed_at: str = ""


def amount_text(amount: Money) -> str:
    """Every decimal that is not zero is kept: `139.12 USD`, `139.125 USD`."""
    shown = amount.rounded()
    return f"{shown.amount if shown.amount == amount.amount else amount.amount:f} {amount.currency}"


def parts_text(parts: Iterable[tuple[str, str]]) -> str:
    """`118: 60.00 USD; 119: 40.00 USD`, sorted by name."""
    return "; ".join(f"{name}: {amount}" for name, amount in sorted(parts))


def line_text(account: str, debit: Decimal, credit: Decimal, reference: str) -> str:
    """`1050-00 credit 96.80 (PT-7)`"""
    side, amount = ("debit", debit) if debit else ("credit", credit)
    exact = amount.quantize(Decimal("0.001"))
    plain = f"{exact:f}".removesuffix("0")
    return f"{account} {side} {plain} ({reference})"


def invoice_line_words(item: str, quantity: Decimal, tax_code: str) -> str:
    """What a line of an invoice is about: `6 of 85123A`, or a tax's code, or nothing."""
    return ", ".join(
        part for part in (item and f"{trimmed(quantity):f} of {item}", tax_code) if part
    )


def invoice_line_text(
    account: str, amount: Decimal, item: str, quantity: Decimal, tax_code: str
) -> str:
    """A line of an invoice, as `line_text` writes lines: `4000-00 credit 30.60 (6 of 85123A)`.

    A negative amount, such as a discount, is a debit.
    """
    sides = (Decimal(0), amount) if amount >= 0 else (-amount, Decimal(0))
    return line_text(account, *sides, invoice_line_words(item, quantity, tax_code))


def parts_in(text: str) -> list[tuple[str, str]]:
    """What `parts_text` wrote: names with their amounts."""
    parts = (part.partition(": ") for part in text.split("; ") if part)
    return [(name, amount) for name, _, amount in parts]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line as `line_text` writes it; one of `debit` and `credit` is empty."""

    account: str
    debit: str
    credit: str
    reference: str


_LINE: Final = re.compile(r"(?P<account>.*) (?P<side>debit|credit) (?P<amount>\S+) \((?P<ref>.*)\)")


def line_in(text: str) -> LedgerLine:
    """What `line_text` wrote; any other text stands whole in the account's place."""
    found = _LINE.fullmatch(text)
    if found is None:
        return LedgerLine(text, "", "", "")
    is_debit = found["side"] == "debit"
    debit, credit = (found["amount"], "") if is_debit else ("", found["amount"])
    return LedgerLine(found["account"], debit, credit, found["ref"])


def owed_fields(draft: Mapping[str, Any]) -> dict[str, str]:
    """What a posting's stored draft asks for. Raises KeyError for a draft of no known kind."""
    return _OWED[DocumentKind(draft["kind"])](draft)


def _receipt(draft: Mapping[str, Any]) -> dict[str, str]:
    return {
        "amount": draft["amount"],
        "customer": draft["customer_id"],
        "account": draft["offset_account"],
        "date": draft["received_on"],
        "reference": draft["payment_ref"],
        "settlement": draft["settlement_ref"],
        "applications": parts_text(
            (part["item_key"], part["amount"]) for part in draft["applications"]
        ),
    }


def _journal(draft: Mapping[str, Any]) -> dict[str, str]:
    return {
        "date": draft["dated_on"],
        "lines": "; ".join(sorted(_line(line) for line in draft["lines"])),
    }


def _line(line: Mapping[str, str]) -> str:
    debit, credit = (Decimal(line[side].split(" ")[0]) for side in ("debit", "credit"))
    return line_text(line["account"], debit, credit, line["reference"])


def _memo(draft: Mapping[str, Any]) -> dict[str, str]:
    return {
        "amount": draft["amount"],
        "customer": draft["customer_id"],
        "date": draft["dated_on"],
        "reference": draft["reference"],
    }


def _invoice(draft: Mapping[str, Any]) -> dict[str, str]:
    return {
        "amount": draft["amount"],
        "customer": draft["customer_id"],
        "date": draft["dated_on"],
        "reference": draft["reference"],
        "lines": "; ".join(sorted(_invoice_line(line) for line in draft["lines"])),
    }


def _invoice_line(line: Mapping[str, str]) -> str:
    amount, quantity = Decimal(line["amount"].split(" ")[0]), Decimal(line["quantity"])
    return invoice_line_text(line["account"], amount, line["item"], quantity, line["tax_code"])


def _application(draft: Mapping[str, Any]) -> dict[str, str]:
    return {
        "amount": draft["amount"],
        "receipt": draft["receipt_key"],
        "item": draft["item_key"],
    }


def _reversal(draft: Mapping[str, Any]) -> dict[str, str]:
    return {
        "amount": draft["amount"],
        "date": draft["dated_on"],
        "reference": draft["payment_ref"],
        "settlement": draft["settlement_ref"],
    }


_OWED: Final[Mapping[DocumentKind, Callable[[Mapping[str, Any]], dict[str, str]]]] = {
    DocumentKind.CASH_RECEIPT: _receipt,
    DocumentKind.JOURNAL: _journal,
    DocumentKind.CREDIT_MEMO: _memo,
    DocumentKind.INVOICE: _invoice,
    DocumentKind.APPLICATION: _application,
    DocumentKind.REVERSAL: _reversal,
    # Name and address are the bookkeeper's to change: only that the customer stands is compared.
    DocumentKind.CUSTOMER: lambda draft: {},
    DocumentKind.BATCH: lambda draft: {"date": draft["posting_on"]},
    DocumentKind.BATCH_POST: lambda draft: {},
}

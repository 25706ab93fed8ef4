"""What a payment would have led to under other rules, held against what was posted: pure.

Where a receipt stands, its applications are taken as they stand: rules decide kinds, accounts,
methods and customers without a name, not which invoices were open on the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from integrations.canonical import (
    CashReceiptDraft,
    DocumentKind,
    Draft,
    draft_from_json,
    draft_to_json,
)
from integrations.money import Money
from mapping.decide import Desk, Payment, StandingReceipt, decide
from mapping.decide.foreign import as_booked
from mapping.problems import ProblemKind
from mapping.rulebook import RuleBook
from mapping.rules.currencies import Rate
from mapping.rules.risks import History

#: The ERP's own control account: which number it has is the ERP's matter, not that of a rule.
RECEIVABLES: Final = "Accounts receivable"
RISKS: Final = (ProblemKind.RISK_FLAGGED, ProblemKind.RISK_HELD, ProblemKind.RISK_BLOCKED)


class Change(StrEnum):
    """What becomes of a document; `apart`: what stands does not follow from its own rules either,
    because a person or an earlier state of things had a hand in it."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    VANISHED = "vanished"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as stored: `kind` of its effect, the draft as plain JSON, and for a receipt the
    account that its batch debits."""

    kind: str
    draft: Mapping[str, Any]
    clearing: str = ""

    @property
    def total(self) -> Money:
        """What a receipt or memo is over, or the debits of a journal come to."""
        lines = self.draft.get("lines")
        texts = [each["debit"] for each in lines] if lines else [self.draft["amount"]]
        found = [text.split(" ", maxsplit=1) for text in texts]
        return Money(sum((Decimal(number) for number, _ in found), Decimal(0)), found[0][1])


@dataclass(frozen=True, slots=True)
class Compared:
    """One document before and after; at least one of the two is there."""

    change: Change
    before: Document | None
    after: Document | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Redone:
    """The documents of a decision, and in words why there are none, or none for a customer, where
    somebody has to look."""

    documents: tuple[Document, ...]
    held: str = ""
    #: The risk row that would have flagged, held or blocked it, by name; empty for none.
    risk: str = ""


def redo(
    payment: Payment,
    rules: RuleBook,
    company: str,
    standing: StandingReceipt | None,
    currency: str = "",
    history: History | None = None,
    rates: Sequence[Rate] = (),
) -> Redone:
    """The documents that a payment leads to under `rules`.

    standing: its receipt, or with no applications what is known of its customer. currency: what
    the pair posts in, empty where nobody says. history: what came before it, for risk rules.
    rates: for payments in another currency, which a rule may book by itself.
    """
    desk = Desk(
        company=company,
        customers={payment.customer_ref: standing.customer_id} if standing else {},
        items={},
        available={},
        standing={payment.vendor_id: standing} if standing else {},
        currency=currency,
        histories={payment.vendor_id: history} if history else {},
        rates=rates,
    )
    decision = decide(as_booked(payment, rules, desk), rules, desk)
    risk = next((str(dict(p.details)["fired"]) for p in decision.problems if p.kind in RISKS), "")
    if decision.is_held:
        return Redone((), "; ".join(problem.message for problem in decision.problems), risk)
    made: list[tuple[str, Draft | None, str]] = [
        ("receipt", decision.receipt, decision.clearing_account),
        ("refund", decision.refund, ""),
        ("credit_memo", decision.memo, ""),
    ]
    blocked = [p.message for p in decision.problems if p.kind is ProblemKind.RISK_BLOCKED]
    return Redone(
        tuple(Document(kind, draft_to_json(draft), at) for kind, draft, at in made if draft),
        "; ".join(blocked),
        risk,
    )


def standing_of(
    before: Sequence[Document], customer_id: str, asked: Money | None = None
) -> StandingReceipt:
    """What stands of a payment: its receipt's customer and applications.

    asked: what its invoices asked for when it was decided, None where that is not known.
    """
    for document in before:
        if document.draft["kind"] == DocumentKind.CASH_RECEIPT:
            draft = draft_from_json(dict(document.draft))
            if isinstance(draft, CashReceiptDraft):
                return StandingReceipt(draft.customer_id, draft.applications, asked, True)
    return StandingReceipt(customer_id, (), asked, True)


def compare(
    before: Sequence[Document], after: Redone, control: Redone | None
) -> Iterator[Compared]:
    """Documents of one payment, kind by kind.

    control: what its own rules give today; where that is not what stands, no difference is the
    other rules' doing. None: not asked, because nothing differs.
    """
    by_kind = {document.kind: document for document in after.documents}
    checks = {document.kind: document for document in control.documents} if control else {}
    for old in before:
        new = by_kind.pop(old.kind, None)
        if new == old:
            yield Compared(Change.SAME, old, new)
        elif control is not None and checks.get(old.kind) != old:
            yield Compared(Change.APART, old, None, "It is not what its own rules give today.")
        elif new is None:
            yield Compared(Change.VANISHED, old, None, after.held)
        else:
            yield Compared(Change.CHANGED, old, new, after.held)
    for new in by_kind.values():
        yield Compared(Change.NEW, None, new)


def differs(before: Sequence[Document], after: Redone) -> bool:
    return {document.kind: document for document in before} != {
        document.kind: document for document in after.documents
    }


def ledger(document: Document) -> dict[str, Decimal]:
    """What a document does to each account: debits positive, credits negative; sums to zero."""
    draft = document.draft
    sums: dict[str, Decimal] = {}
    for account, amount in _lines(DocumentKind(draft["kind"]), draft, document.clearing):
        sums[account] = sums.get(account, Decimal(0)) + amount
    return sums


def _lines(
    kind: DocumentKind, draft: Mapping[str, Any], clearing: str
) -> Iterator[tuple[str, Decimal]]:
    """Read as it is stored: a replay looks at hundreds of thousands of them."""
    if kind is DocumentKind.CASH_RECEIPT:
        amount = _number(draft["amount"])
        yield clearing, amount
        yield draft.get("offset_account") or RECEIVABLES, -amount
    elif kind is DocumentKind.CREDIT_MEMO:
        amount = _number(draft["amount"])
        yield draft["offset_account"], amount
        yield RECEIVABLES, -amount
    elif kind is DocumentKind.JOURNAL:
        for line in draft["lines"]:
            yield line["account"], _number(line["debit"]) - _number(line["credit"])


def _number(stored: str) -> Decimal:
    """The number of an amount as drafts store it: "139.12 USD"."""
    return Decimal(stored.split(" ", maxsplit=1)[0])


def moved(compared: Compared) -> dict[str, Decimal]:
    """What the change does to each account beside what was posted; accounts that stay left out."""
    sums = ledger(compared.after) if compared.after else {}
    for account, amount in (ledger(compared.before) if compared.before else {}).items():
        sums[account] = sums.get(account, Decimal(0)) - amount
    return {account: amount for account, amount in sums.items() if amount}

"""What a replay found, arranged for a page: sums by account, month and customer, the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from integrations.money import Money
from mapping.impact import RECEIVABLES, Change
from mapping.kinds import KINDS
from mapping.rules.risks import RiskRow
from mapping.sentences import sentence
from reconciliation.models import Impact, ImpactRow

#: Customers that a page names; the file of the replay's rows has all of them.
MOST_CUSTOMERS: Final = 20
LABELS: Final = {
    "received_on": "Date", "dated_on": "Date", "amount": "Amount", "method": "Payment method",
    "customer_id": "Customer", "offset_account": "Account instead of a customer",
    "clearing": "Clearing account", "comment": "Comment", "settlement_ref": "Reference",
    "payment_ref": "Payment", "reference": "Reference", "company": "Company",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of the correcting journal; one of the two is zero."""

    account: str
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class Side:
    """A field of a document before and after; lines of a journal are fields by account."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


def correcting_journal(accounts: Mapping[str, str], currency: str) -> list[JournalLine]:
    """What would bring posted accounts to where the draft has them.

    Receivables are left out: a customer's account is corrected by reversing the receipt. Without
    them the lines need not balance, and no journal is proposed.
    """
    zero = Money.zero(currency)
    lines = []
    for account, text in accounts.items():
        amount = Money(Decimal(text), currency).rounded()
        if amount:
            is_debit = amount > zero
            lines.append(
                JournalLine(account, amount if is_debit else zero, zero if is_debit else -amount)
            )
    return lines


def needs_reversals(impact: Impact) -> bool:
    """Whether customers' accounts are touched, which no journal of ours may do."""
    return bool(Decimal(impact.accounts.get(RECEIVABLES, "0"))) or _other_customers(impact)


def _other_customers(impact: Impact) -> bool:
    changed = impact.rows.filter(change=Change.CHANGED, kind="receipt")
    return any(
        row.before.get("customer_id") != row.after.get("customer_id")
        for row in changed.only("before", "after").iterator(chunk_size=2000)
    )


@dataclass(frozen=True, slots=True)
class RiskRowCount:
    """A risk row of the version that was tried, and how many payments it would have caught."""

    position: int
    level: str
    says: str
    payments: int


def by_risk(impact: Impact) -> list[RiskRowCount]:
    """Every risk row, in order; ask while the rows are those that were replayed."""
    kind = KINDS["risks"]
    return [
        RiskRowCount(
            row.position,
            row.level,
            sentence(kind, row, row.position == 1),
            impact.risks.get(row.name, 0),
        )
        for row in kind.read(impact.version)
        if isinstance(row, RiskRow)
    ]


def by_month(impact: Impact) -> Sequence[tuple[date, str, int, Decimal]]:
    """(month, change, documents, sum of their amounts), oldest first."""
    rows = impact.rows.exclude(change=Change.APART).annotate(month=TruncMonth("business_on"))
    return list(
        rows.values_list("month", "change")
        .annotate(count=Count("id"), amount=Sum("amount"))
        .order_by("month", "change")
    )


def by_customer(impact: Impact) -> Sequence[tuple[str, int, Decimal]]:
    """(customer, documents, sum of their amounts), the largest first; no customer is empty."""
    rows = impact.rows.exclude(change=Change.APART)
    return list(
        rows.values_list("customer_id")
        .annotate(count=Count("id"), amount=Sum("amount"))
        .order_by("-amount", "customer_id")[:MOST_CUSTOMERS]
    )


def sides(row: ImpactRow) -> list[Side]:
    """The fields that differ; all of them where there is only one side."""
    before, after = _fields(row.before), _fields(row.after)
    names = [*before, *(name for name in after if name not in before)]
    found = [Side(name, before.get(name, ""), after.get(name, "")) for name in names]
    return [side for side in found if side.differs] if row.before and row.after else found


def _fields(document: Mapping[str, Any]) -> dict[str, str]:
    fields = {LABELS[name]: str(document[name]) for name in LABELS if document.get(name)}
    for line in document.get("lines", ()):
        debit, credit = str(line["debit"]), str(line["credit"])
        is_debit = Decimal(debit.split(" ", maxsplit=1)[0]) != 0
        fields[f"Account {line['account']}"] = f"{debit} debit" if is_debit else f"{credit} credit"
    for part in document.get("applications", ()):
        fields[f"Applied to {part['document_no']}"] = str(part["amount"])
    return fields

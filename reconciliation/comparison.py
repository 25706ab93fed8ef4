"""Two sides of one thing, field by field: what the gateway says beside what books or bank say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from console import formats
from integrations.choices import PostingState
from reconciliation import words
from reconciliation.choices import NOT_PAID
from reconciliation.models import ExceptionItem, SettlementBatch, Transaction


@dataclass(frozen=True)
class Field:
    """One field on both sides; an empty side shows as a dash and never counts as different."""

    label: str
    left: str
    right: str
    is_comparable: bool = True

    @property
    def differs(self) -> bool:
        if not self.is_comparable:
            return False
        return bool(self.left and self.right) and self.left != self.right


@dataclass(frozen=True)
class Comparison:
    left: str
    right: str
    fields: Sequence[Field]


def of_batch(batch: SettlementBatch) -> Comparison:
    """Reported by the gateway, computed by the contract, paid by the bank; one query."""
    here = batch.transactions.exclude(status__in=NOT_PAID).count()

    def amount(value: Decimal | None) -> str:
        return formats.money_text(value, batch.currency)

    return Comparison(
        "Reported or paid",
        "Our books",
        (
            Field("Transactions", _number(batch.reported_count), _number(here)),
            Field("Sales", amount(batch.reported_sales), amount(batch.sales_amount)),
            Field("Refunds", amount(batch.reported_refunds), amount(batch.refunds_amount)),
            Field("Fees", "", amount(batch.fee_amount)),
            Field("Net, at the bank", amount(batch.bank_amount), amount(batch.net_amount)),
        ),
    )


def _number(count: int | None) -> str:
    return "" if count is None else str(count)


def of_transaction(row: Transaction) -> Comparison:
    """Two queries: the effects with their postings, and what they apply."""
    effects = list(
        row.effects.filter(corrects__isnull=True)
        .exclude(posting__state=PostingState.CANCELLED)
        .select_related("posting")
        .prefetch_related("reservations")
    )
    applied = [
        each.document_no
        for effect in effects
        for each in effect.reservations.all()
        if not each.is_released
    ]
    owed = sum((effect.posting.amount for effect in effects), Decimal(0))
    wrote = words.payer_wrote(row.reference_texts, row.payer_ref)
    return Comparison(
        "The gateway says",
        "The books say",
        (
            Field(
                "Amount",
                formats.money_text(row.amount, row.currency),
                formats.money_text(owed, row.currency) if effects else "",
            ),
            Field("Customer", row.customer_ref, row.customer_id, is_comparable=False),
            Field(
                "Pays",
                wrote,
                f"Invoice {', '.join(applied)}" if applied else "no invoice",
                is_comparable=False,
            ),
            Field("Money stands", "", row.get_placement_display() if row.placement else ""),
        ),
    )


def of_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """What was told first and what is told now, under the names that it was told by."""
    names = dict.fromkeys([*before, *after])
    return Comparison(
        "Before",
        "Now",
        [Field(name, plain(before.get(name)), plain(after.get(name))) for name in names],
    )


def of_differences(found: Sequence[dict[str, str]]) -> Comparison:
    """What the ERP holds under our key beside what is owed, only the fields that differ."""
    fields = [Field(each["field"], each["found"], each["owed"]) for each in found]
    return Comparison("The ERP holds", "Owed", fields)


def of_checks(found: Sequence[dict[str, str]]) -> Comparison:
    """What the rules' checks ask for beside what the payment has."""
    fields = [Field(each["field"], each["wanted"], each["found"]) for each in found]
    return Comparison("The rules ask for", "The payment", fields)


def of_sides(about: Mapping[str, Any]) -> Comparison:
    """Two sides as they were noted down, with what each is called."""
    fields = [Field(each["field"], each["left"], each["right"]) for each in about["sides"]]
    return Comparison(about["left"], about["right"], fields)


def details_of(item: ExceptionItem) -> list[tuple[str, str]]:
    """What the finder of the exception noted down, in words; technical ids stay out."""
    known = item.transaction.customer_id if item.transaction else ""
    noted = ((key, plain(value)) for key, value in item.details.items() if key not in HIDDEN)
    return [
        (NOTED_AS.get(key, key.replace("_", " ").capitalize()), said)
        for key, said in noted
        if said and not (key == "customer" and said == known)
    ]


NOTED_AS = {"typed": "Payer wrote", "name": "Came in as"}


HIDDEN = frozenset(
    {
        "before",
        "after",
        "differences",
        "envelope",
        "said",
        "checked",
        "line",
        "key",
        "findings",
        "check",
        "checks",
        "let_through",
        "turned_down",
        "fired",
        "sale_was",
        "linked",
        "corrected_envelope",
        "given_back_from",
        "beside_before",
        "pair_currency",
        "worth",
        "version",
        "pair",
        "fingerprint",
        "owed",
        "in_the_erp",
        "freed",
        "formula",
        "gives",
        "would_give",
        "freed_by",
        "left",
        "right",
        "sides",
    }
)


def plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(each)}" for key, each in value.items())
    return "" if value is None else str(value)

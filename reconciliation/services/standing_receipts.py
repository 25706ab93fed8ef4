"""Receipts that the ERP holds under our keys although nothing here owes them.

So it is after a restore: the backup does not know what was posted since, the keys are derived once
more, and the invoices are paid. What stands is taken as it was decided then, not decided anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit import services as audit
from integrations.canonical import ApplicationDraft, FoundPosting, OpenItemRecord
from integrations.models import Pair
from integrations.money import Money
from integrations.services.connectors import poster_of
from mapping.decide import ALREADY_THERE, Decision, StandingReceipt
from reconciliation import keys
from reconciliation.choices import EffectKind, TransactionKind
from reconciliation.services.case import Case
from reconciliation.services.effects import Made


@dataclass(frozen=True, slots=True)
class Shown:
    """A receipt as the ERP shows it; `applied` are invoice keys and amounts."""

    customer_id: str
    applied: tuple[tuple[str, Money], ...]


def keys_of(pair: Pair, cases: Sequence[Case], made: Made) -> dict[str, Case]:
    """The key of the receipt that each payment would get, of those that have none."""
    legs = (
        (case, made.leg(case.row, EffectKind.RECEIPT))
        for case in cases
        if case.row.kind == TransactionKind.SALE
    )
    return {
        keys.transaction_key(pair, case.row.vendor_id, EffectKind.RECEIPT.value, leg): case
        for case, leg in legs
        if leg is not None
    }


def shown(pair: Pair, there: Mapping[str, Case]) -> dict[str, Shown]:
    """By vendor id, those that are what the payment asks for: valid, of its amount and its day.

    Others are decided anew; their posting finds what stands, and is held with the differences.
    Raises: TransientError, AuthError.
    """
    found = poster_of(pair.erp).find_postings(pair.company, list(there))
    receipts: dict[str, Shown] = {}
    for answer in found:
        case = there[answer.key]
        if (receipt := _as_asked(case, answer)) is not None:
            receipts[case.row.vendor_id] = receipt
    return receipts


def _as_asked(case: Case, found: FoundPosting) -> Shown | None:
    document = found.shown
    if document is None or document.is_void or document.applications is None:
        return None
    if document.amount != Money(case.row.amount, case.row.currency):
        return None
    if document.dated_on != case.business_on:
        return None
    return Shown(document.customer_id or "", document.applications)


def as_decided(
    receipts: Mapping[str, Shown], items: Mapping[str, OpenItemRecord]
) -> dict[str, StandingReceipt]:
    """With the invoices' numbers; left out where the ERP does not show an invoice any more."""
    return {
        vendor_id: StandingReceipt(
            receipt.customer_id,
            tuple(
                ApplicationDraft(key, items[key].document_no, amount)
                for key, amount in receipt.applied
            ),
        )
        for vendor_id, receipt in receipts.items()
        if all(key in items for key, _ in receipt.applied)
    }


def note(pair: Pair, decisions: Sequence[tuple[Case, Decision]]) -> None:
    """Who reads the log sees that these were not decided here."""
    taken = [case for case, decision in decisions if ALREADY_THERE in decision.rules]
    if not taken:
        return
    audit.record(
        "transactions.found_in_erp",
        ("pair", str(pair.pk)),
        actor="worker",
        summary=f"{len(taken)} receipt(s) stood in the ERP already and were taken as they stand.",
        details={"transactions": [case.row.vendor_id for case in taken]},
        business_on=taken[0].business_on,
    )

"""What is known when payments are decided: cases, customers and invoices as the ERP has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from integrations.canonical import OpenItemRecord
from integrations.choices import STANDING_STATES, PostingState
from integrations.models import Pair
from integrations.money import Money
from integrations.services.connectors import open_items_of
from mapping.decide import Desk, Payment
from mapping.references import references
from mapping.services.links import after_merges, linked_customers, merged_customers
from reconciliation import keys
from reconciliation.models import Reservation, Transaction
from reconciliation.services import freed, standing_receipts
from reconciliation.services.booked_rates import conversion_of
from reconciliation.services.case import Case


def company_lock(pair: Pair) -> str:
    return f"decide:{pair.erp_id}:{pair.company}"


def case_of(row: Transaction, business_on: date) -> Case:
    return Case(row, business_on, tuple(references(row.reference_texts)))


def payment_of(pair: Pair, case: Case) -> Payment:
    row = case.row
    return Payment(
        vendor_id=row.vendor_id,
        kind=row.kind,
        status=row.status,
        amount=Money(row.amount, row.currency),
        business_on=case.business_on,
        settlement_ref=(
            keys.settlement_ref(pair, row.batch_ref)
            if row.batch_ref
            else keys.transit_ref(pair, row.captured_on)
        ),
        customer_ref=row.customer_ref,
        references=case.references,
        method=row.method,
        parent_id=row.parent.vendor_id if row.parent else "",
        texts=tuple(row.reference_texts),
        captured_at=row.captured_at,
        payer_name=str(row.payer.get("name", "")),
        last4=row.last4,
        approval_code=row.approval_code,
        response=row.response,
        accepted=case.accepted,
        conversion=conversion_of(row),
    )


@dataclass(frozen=True, slots=True)
class Openings:
    """Invoices by their key, what each can still take, and those that a payment of ours paid."""

    items: Mapping[str, OpenItemRecord]
    available: dict[str, Money]
    paid_by_us: set[str]


def desk_of(
    pair: Pair,
    cases: Sequence[Case],
    receipt_keys: Mapping[str, Case] | None = None,
    *,
    returning: bool = False,
) -> Desk:
    """Customers and invoices that the cases name, as the ERP has them now.

    `receipt_keys`: under which key each case's receipt would be made; the same look says which of
    them the ERP holds already. `returning` as in `openings_of`.
    """
    wanted = receipt_keys or {}
    forms = sorted({form for c in cases for ref in c.references for form in ref.forms})
    named = None
    if forms or wanted:
        reader = open_items_of(pair.erp)
        named = reader.snapshot(pair.company, references=forms, keys=list(wanted))
    there = {k: wanted[k] for k in wanted if k in named.keys_present} if named else {}
    receipts = standing_receipts.shown(pair, there) if there else {}
    items = {item.item_key for item in named.items} if named else set()
    applied = {item_key for receipt in receipts.values() for item_key, _ in receipt.applied}
    openings = openings_of(pair, sorted(items | applied), returning=returning)
    return Desk(
        company=pair.company,
        currency=pair.currency,
        customers=_customers(pair, cases),
        merged=merged_customers(pair),
        items=_by_reference(item for item in openings.items.values() if item.item_key in items),
        available=openings.available,
        paid_by_us=openings.paid_by_us,
        standing=standing_receipts.as_decided(receipts, openings.items),
    )


def openings_of(pair: Pair, item_keys: Sequence[str], *, returning: bool = False) -> Openings:
    """What some invoices can still take; ask under `company_lock`.

    That is the ERP's balance less applications pending there, less ours that have not reached it:
    the same read says which of our keys the ERP has already. `returning`: what reversals on their
    way there give back counts as well; whoever uses it sees to it that it goes after them.
    """
    if not item_keys:
        return Openings({}, {}, set())
    reserved = list(
        Reservation.objects.filter(
            effect__pair__erp=pair.erp,
            company=pair.company,
            item_key__in=item_keys,
            is_released=False,
        ).select_related("effect__posting")
    )
    gone = (*STANDING_STATES, PostingState.CANCELLED)
    undelivered = [r for r in reserved if r.effect.posting.state not in gone]
    back = freed.returning(pair, item_keys) if returning else []
    asked = [r.effect.key for r in undelivered] + [each.reversal.key for each in back]
    now = open_items_of(pair.erp).snapshot(pair.company, item_keys=sorted(item_keys), keys=asked)
    items = {item.item_key: item for item in now.items}
    available = {key: item.available for key, item in items.items()}
    for reservation in undelivered:
        if reservation.effect.key not in now.keys_present and reservation.item_key in available:
            left = available[reservation.item_key]
            available[reservation.item_key] = left - Money(reservation.amount, left.currency)
    for each in back:
        if each.reversal.key not in now.keys_present and each.item_key in available:
            left = available[each.item_key]
            available[each.item_key] = left + Money(each.amount, left.currency)
    paid = {r.item_key for r in reserved if r.effect.posting.state != PostingState.CANCELLED}
    return Openings(items, available, paid)


def _by_reference(items: Iterable[OpenItemRecord]) -> Mapping[str, list[OpenItemRecord]]:
    found: dict[str, list[OpenItemRecord]] = {}
    for item in items:
        for reference in item.references:
            found.setdefault(reference, []).append(item)
    return found


def _customers(pair: Pair, cases: Sequence[Case]) -> Mapping[str, str]:
    """ERP customers by gateway reference: what is linked, else the same id in the ERP.

    Where that one is merged into another, the other.
    """
    refs = {case.row.customer_ref for case in cases} - {""}
    if not refs:
        return {}
    linked = linked_customers(pair, refs)
    same = open_items_of(pair.erp).customers_exist(pair.company, sorted(refs - set(linked)))
    return after_merges({ref: ref for ref in same} | linked, merged_customers(pair))

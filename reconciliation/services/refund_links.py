"""Link refunds to their sales: by the vendor's link, else by the only settled sale that fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from integrations.clock import business_now, wall_now
from integrations.models import Pair
from integrations.money import Money
from reconciliation.choices import TransactionKind, TransactionStatus
from reconciliation.matchers.refunds import RefundSeen, SettledSale, fitting_sale
from reconciliation.models import Transaction, TransactionHistory

#: How long after its sale a refund is still taken to belong to it.
LOOK_BACK: Final = timedelta(days=540)
#: The most sales with the same reference that are weighed; more is no clear case anyway.
MOST: Final = 50

BEARING = (
    TransactionStatus.SETTLED,
    TransactionStatus.FUNDED,
    TransactionStatus.PARTIALLY_REFUNDED,
)
REFUNDED: Final = (TransactionStatus.REFUNDED, TransactionStatus.PARTIALLY_REFUNDED)


def link(pair: Pair, rows: Sequence[Transaction]) -> None:
    """Set `parent` of settled refunds that have none, and the sale's refunded status."""
    for row in rows:
        if row.kind != TransactionKind.REFUND or row.status != TransactionStatus.SETTLED:
            continue
        if row.parent_id is None:
            with transaction.atomic():
                _link(pair, row)


def _link(pair: Pair, refund: Transaction) -> None:
    candidates = list(_candidates(pair, refund)[: MOST + 1])
    if not candidates or len(candidates) > MOST:
        return
    if refund.parent_ref:
        vendor_id: str | None = refund.parent_ref
    else:
        vendor_id = fitting_sale(_seen(refund), [_sale(row) for row in candidates])
    parent = next((row for row in candidates if row.vendor_id == vendor_id), None)
    if parent is None:
        return
    attach(parent, refund)


def attach(sale: Transaction, refund: Transaction) -> None:
    """The refund gives back money of this sale; the sale's status says so. In a transaction."""
    refund.parent = sale
    refund.save(update_fields=["parent"])
    _mark_refunded(sale, refund)


def detach(refund: Transaction, status_before: str) -> None:
    """Undo of an attachment by hand; `status_before` is the sale's before it. In a transaction.

    What the gateway said of the sale meanwhile stands, and so do its other refunds.
    """
    if refund.parent_id is None:
        return
    sale = Transaction.objects.select_for_update().get(pk=refund.parent_id)
    refund.parent = None
    refund.save(update_fields=["parent"])
    if sale.status not in REFUNDED:
        return
    left = refunded(sale)
    sale.status = _status_of(sale) if left else status_before
    sale.updated_at = wall_now()
    sale.save(update_fields=["status", "updated_at"])


def _candidates(pair: Pair, refund: Transaction) -> QuerySet[Transaction]:
    sales = Transaction.objects.filter(
        connection=pair.gateway,
        currency=refund.currency,
        status__in=BEARING,
        settled_at__gte=refund.captured_at - LOOK_BACK,
        settled_at__lte=refund.captured_at,
    ).exclude(kind=TransactionKind.REFUND)
    if refund.parent_ref:
        return sales.filter(vendor_id=refund.parent_ref)
    reference = _reference(refund)
    origin = Q(reference_texts__0=reference) if reference else Q(customer_ref=refund.customer_ref)
    return sales.filter(origin, last4=refund.last4).order_by("captured_at", "id")


def _reference(row: Transaction) -> str:
    return row.reference_texts[0].strip() if row.reference_texts else ""


def _seen(refund: Transaction) -> RefundSeen:
    return RefundSeen(
        captured_at=refund.captured_at,
        amount=Money(refund.amount, refund.currency),
        last4=refund.last4,
        customer_ref=refund.customer_ref,
        reference=_reference(refund),
    )


def refunded(sale: Transaction) -> Money:
    """What its refunds that are known have given back of a sale."""
    done = sale.refunds.aggregate(sum=Sum("amount"))["sum"] or 0
    return Money(sale.amount * 0 + done, sale.currency)


def _sale(row: Transaction) -> SettledSale:
    return SettledSale(
        vendor_id=row.vendor_id,
        settled_at=row.settled_at or row.captured_at,
        last4=row.last4,
        customer_ref=row.customer_ref,
        reference=_reference(row),
        remaining=Money(row.amount, row.currency) - refunded(row),
    )


def _mark_refunded(sale: Transaction, refund: Transaction) -> None:
    before = sale.status
    sale.status = _status_of(sale)
    sale.updated_at = wall_now()
    sale.save(update_fields=["status", "updated_at"])
    change = TransactionHistory(
        transaction=sale,
        fact=refund.last_fact,
        from_status=before,
        to_status=sale.status,
        meaning={"refund": refund.vendor_id, "amount": str(refund.amount)},
        business_at=business_now(),
        recorded_at=wall_now(),
    )
    # Attached once more after an undo, the change is in the history already.
    TransactionHistory.objects.bulk_create([change], ignore_conflicts=True)


def _status_of(sale: Transaction) -> TransactionStatus:
    is_whole = refunded(sale).amount >= sale.amount
    return TransactionStatus.REFUNDED if is_whole else TransactionStatus.PARTIALLY_REFUNDED

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
    refund.parent = parent
    refund.save(update_fields=["parent"])
    _mark_refunded(parent, refund)


def _candidates(pair: Pair, refund: Transaction) -> QuerySet[Transaction]:
    sales = Transaction.objects.filter(
        connection=pair.gateway,
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


def _refunded(sale: Transaction) -> Money:
    done = sale.refunds.aggregate(sum=Sum("amount"))["sum"] or 0
    return Money(sale.amount * 0 + done, sale.currency)


def _sale(row: Transaction) -> SettledSale:
    return SettledSale(
        vendor_id=row.vendor_id,
        settled_at=row.settled_at or row.captured_at,
        last4=row.last4,
        customer_ref=row.customer_ref,
        reference=_reference(row),
        remaining=Money(row.amount, row.currency) - _refunded(row),
    )


def _mark_refunded(sale: Transaction, refund: Transaction) -> None:
    before = sale.status
    is_whole = _refunded(sale).amount >= sale.amount
    sale.status = TransactionStatus.REFUNDED if is_whole else TransactionStatus.PARTIALLY_REFUNDED
    sale.updated_at = wall_now()
    sale.save(update_fields=["status", "updated_at"])
    TransactionHistory.objects.create(
        transaction=sale,
        fact=refund.last_fact,
        from_status=before,
        to_status=sale.status,
        meaning={"refund": refund.vendor_id, "amount": str(refund.amount)},
        business_at=business_now(),
        recorded_at=wall_now(),
    )

"""Sales that a refund may belong to: a gateway's own settled payments of the same currency."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from integrations.money import Money
from reconciliation.choices import TransactionKind, TransactionStatus
from reconciliation.models import Transaction
from reconciliation.services.refund_links import BEARING, refunded

#: Of the sales that have something in common with a refund, the newest that are weighed.
WEIGHED: Final = 50


def sales_for(refund: Transaction) -> QuerySet[Transaction]:
    """Settled sales of the refund's gateway and currency from before it, newest first."""
    return (
        Transaction.objects.filter(
            connection=refund.connection_id,
            currency=refund.currency,
            status__in=BEARING,
            captured_at__lte=refund.captured_at,
        )
        .exclude(kind=TransactionKind.REFUND)
        .order_by("-captured_at", "-id")
    )


def left_of(sale: Transaction) -> Money:
    """What of a sale has not been given back, by the refunds that are linked to it."""
    return Money(sale.amount, sale.currency) - refunded(sale)


def why_not(refund: Transaction, sale: Transaction) -> str:
    """Why a refund cannot belong to a sale, in words; empty when it can."""
    name, left = sale.vendor_id, left_of(sale)
    status = TransactionStatus(sale.status).label.lower()
    if sale.connection_id != refund.connection_id:
        return f"{name} is a payment of another gateway."
    if sale.kind == TransactionKind.REFUND:
        return f"{name} is a refund itself."
    if refund.parent_ref not in ("", name):
        return f"The gateway itself says that this refund gives back {refund.parent_ref}."
    if sale.currency != refund.currency:
        return f"Sale {name} is in {sale.currency}; the refund is in {refund.currency}."
    if sale.status not in (*BEARING, TransactionStatus.REFUNDED):
        return f"Sale {name} is {status}; only a settled sale can be given back."
    if sale.captured_at > refund.captured_at:
        return f"Sale {name} was made after the refund."
    if left < Money(refund.amount, refund.currency):
        wanted = Money(refund.amount, refund.currency)
        return f"Of sale {name} {left} is left to be given back; the refund is {wanted}."
    return ""


def nearest_sale(refund: Transaction) -> Transaction | None:
    """The sale with most in common with a refund among those that can bear it; None without one."""
    written = refund.reference_texts[0].strip() if refund.reference_texts else ""
    common = Q(pk__in=())
    if refund.parent_ref:
        common |= Q(vendor_id=refund.parent_ref)
    if refund.last4:
        common |= Q(last4=refund.last4)
    if written:
        common |= Q(reference_texts__contains=[written])
    found = [
        sale for sale in sales_for(refund).filter(common)[:WEIGHED] if not why_not(refund, sale)
    ]
    return max(found, key=lambda sale: _weight(refund, sale, written), default=None)


def _weight(refund: Transaction, sale: Transaction, written: str) -> int:
    """How many things that tell sales apart are the same; the newest of the heaviest is taken."""
    return sum(
        (
            bool(written) and written in sale.reference_texts,
            bool(refund.customer_ref) and refund.customer_ref == sale.customer_ref,
            bool(refund.last4) and refund.last4 == sale.last4,
            refund.amount == sale.amount,
        )
    )

"""Which sale a refund belongs to when the gateway does not say: the only one that fits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.money import Money


@dataclass(frozen=True, slots=True)
class SettledSale:
    vendor_id: str
    settled_at: datetime
    last4: str
    customer_ref: str
    reference: str
    remaining: Money


@dataclass(frozen=True, slots=True)
class RefundSeen:
    captured_at: datetime
    amount: Money
    last4: str
    customer_ref: str
    reference: str


def fitting_sale(refund: RefundSeen, sales: Sequence[SettledSale]) -> str | None:
    """The vendor id of the only settled sale with the refund's reference and card that can bear it.

    The reference decides; where a refund has none, its customer does. More than one: none.
    """
    fits = [
        sale
        for sale in sales
        if sale.settled_at <= refund.captured_at
        and sale.last4 == refund.last4
        and sale.remaining >= refund.amount
        and _same_origin(refund, sale)
    ]
    return fits[0].vendor_id if len(fits) == 1 else None


def _same_origin(refund: RefundSeen, sale: SettledSale) -> bool:
    if refund.reference:
        return refund.reference == sale.reference
    return bool(refund.customer_ref) and refund.customer_ref == sale.customer_ref

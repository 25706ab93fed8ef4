"""The invoices that a payer names: which of them exist, and which of those are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.canonical import OpenItemRecord
from mapping.decide.decision import Desk, Payment
from mapping.references import Reference, Weight


@dataclass(slots=True)
class Found:
    """The invoices that a payer's references name, in the order typed."""

    items: list[OpenItemRecord] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def look_up(payment: Payment, desk: Desk) -> Found:
    """The whole field if it is a number that exists, else what is certain, else what is weak."""
    by_weight: dict[Weight, list[Reference]] = {weight: [] for weight in Weight}
    for reference in payment.references:
        by_weight[reference.weight].append(reference)
    whole = _find(payment, desk, by_weight[Weight.WHOLE])
    if whole.items:
        return Found(items=whole.items)
    if by_weight[Weight.CERTAIN]:
        return _find(payment, desk, by_weight[Weight.CERTAIN])
    weak = _find(payment, desk, by_weight[Weight.WEAK])
    payer = desk.customers.get(payment.customer_ref, "")
    return Found(
        items=[
            item
            for item in weak.items
            if payer in (item.customer_id, desk.party(item.customer_id))
            or desk.available[item.item_key] == payment.amount
        ]
    )


def _find(payment: Payment, desk: Desk, references: Sequence[Reference]) -> Found:
    found = Found()
    for reference in references:
        named = next((desk.items[form] for form in reference.forms if desk.items.get(form)), ())
        # Money of one currency is never applied to an invoice of another.
        fits = [item for item in named if item.balance.currency == payment.amount.currency]
        keys = {item.item_key for item in fits}
        if len(keys) > 1:
            found.ambiguous.append(reference.typed)
        elif named and not fits:
            found.missing.append(f"{reference.typed} (in {named[0].balance.currency})")
        elif not keys:
            found.missing.append(reference.typed)
        elif all(item.item_key not in keys for item in found.items):
            found.items.append(fits[0])
    return found

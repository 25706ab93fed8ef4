"""The fields of a canonical payment that a field map can use. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mapping.fields.values import Value, ValueType

if TYPE_CHECKING:
    from mapping.decide.decision import Payment


@dataclass(frozen=True, slots=True)
class SourceField:
    """`read` gives an empty text for what a payment does not have."""

    name: str
    label: str
    read: Callable[[Payment], Value]
    type: ValueType = ValueType.TEXT


def _typed(place: int) -> Callable[[Payment], Value]:
    return lambda payment: payment.texts[place] if place < len(payment.texts) else ""


_ALL: Final = (
    SourceField("transaction_id", "Transaction number", lambda paid: paid.vendor_id),
    SourceField("amount", "Amount", lambda paid: Decimal(paid.amount.text), type=ValueType.DECIMAL),
    SourceField("currency", "Currency", lambda paid: paid.amount.currency),
    SourceField("kind", "Type of transaction", lambda paid: paid.kind),
    SourceField("status", "Status", lambda paid: paid.status),
    SourceField("erp_status", "Status in the ERP, by the rules", lambda paid: paid.erp_status),
    SourceField("method", "Card or method", lambda paid: paid.method),
    SourceField("last4", "Last four digits", lambda paid: paid.last4),
    SourceField("customer_ref", "Customer at the gateway", lambda paid: paid.customer_ref),
    SourceField("payer_name", "Payer’s name", lambda paid: paid.payer_name),
    SourceField("reference_1", "Reference, as typed", _typed(0)),
    SourceField("reference_2", "Second reference", _typed(1)),
    SourceField("reference_3", "Third reference", _typed(2)),
    SourceField("business_on", "Business day", lambda paid: paid.business_on, ValueType.DATE),
    SourceField("captured_at", "Taken at", lambda paid: paid.captured_at or "", ValueType.DATE),
    SourceField("settlement_ref", "Settlement reference", lambda paid: paid.settlement_ref),
    SourceField("approval_code", "Approval code", lambda paid: paid.approval_code),
    SourceField("response", "Answer of the processor", lambda paid: paid.response),
    SourceField("sale_id", "Sale that is given back", lambda paid: paid.parent_id),
)
SOURCES: Final[Mapping[str, SourceField]] = {each.name: each for each in _ALL}


def values_of(payment: Payment) -> dict[str, Value]:
    """All of a payment's fields by name."""
    return {name: source.read(payment) for name, source in SOURCES.items()}

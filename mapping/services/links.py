"""Links between gateway customers and ERP customers."""

from __future__ import annotations

from collections.abc import Iterable

from audit import services as audit
from integrations.models import Pair
from mapping.models import CustomerLink


def linked_customers(pair: Pair, gateway_refs: Iterable[str]) -> dict[str, str]:
    """ERP customers by gateway reference, for those that a person has linked."""
    rows = CustomerLink.objects.filter(pair=pair, gateway_ref__in=list(gateway_refs))
    return {row.gateway_ref: row.customer_id for row in rows}


def unlink(pair: Pair, gateway_ref: str, actor: str) -> None:
    """Forget whose a gateway customer's payments are; call inside a transaction."""
    if CustomerLink.objects.filter(pair=pair, gateway_ref=gateway_ref).delete()[0]:
        audit.record(
            "customer.unlinked",
            ("customer", str(gateway_ref)),
            actor=actor,
            summary=f"{gateway_ref} is nobody's any more.",
        )


def link(pair: Pair, gateway_ref: str, customer_id: str, actor: str) -> CustomerLink:
    """Remember that a gateway customer is this ERP customer; call inside a transaction."""
    row, _ = CustomerLink.objects.update_or_create(
        pair=pair,
        gateway_ref=gateway_ref,
        defaults={"customer_id": customer_id, "made_by": actor},
    )
    audit.record(
        "customer.linked",
        ("customer", str(gateway_ref)),
        actor=actor,
        summary=f"{gateway_ref} is customer {customer_id}.",
    )
    return row

"""Links between customers of the gateway or CRM and the ERP's, with their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit import guard
from audit import services as audit
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import LinkGround, LinkSystem
from mapping.models import CustomerLink, CustomerLinkHistory, CustomerMerge


def linked_customers(pair: Pair, gateway_refs: Iterable[str]) -> dict[str, str]:
    """ERP customers by gateway reference, for those that are linked."""
    rows = CustomerLink.objects.filter(
        pair=pair, system=LinkSystem.GATEWAY, ref__in=list(gateway_refs)
    )
    return {row.ref: row.customer_id for row in rows}


def link_of(pair: Pair, ref: str, system: str = LinkSystem.GATEWAY) -> CustomerLink | None:
    """Who a customer of the gateway or CRM is in the ERP, if that is known."""
    return CustomerLink.objects.filter(pair=pair, system=system, ref=ref).first()


def merged_customers(pair: Pair) -> dict[str, str]:
    """The customer that stays, by each one that is merged into it."""
    found = CustomerMerge.objects.filter(pair=pair, state=CustomerMerge.State.IN_FORCE)
    return dict(found.values_list("merged_id", "kept_id"))


def after_merges(customers: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str]:
    """Customers by reference, with those that are merged replaced by the one that stays."""
    return {ref: merged.get(customer, customer) for ref, customer in customers.items()}


def link(
    pair: Pair,
    ref: str,
    customer_id: str,
    actor: str,
    *,
    system: str = LinkSystem.GATEWAY,
    ground: str = LinkGround.PERSON,
    why: str = "",
) -> CustomerLink:
    """Remember that a customer is this ERP customer; call inside a transaction."""
    before = CustomerLink.objects.select_for_update().filter(pair=pair, system=system, ref=ref)
    row = before.first()
    was = row.customer_id if row else ""
    if row is not None and was == customer_id:
        return row
    row = row or CustomerLink(pair=pair, system=system, ref=ref)
    row.customer_id, row.made_by, row.ground = customer_id, actor, ground
    row.made_at = wall_now()
    row.save()
    said = f"{ref} is customer {customer_id}." + (f" It was {was}." if was else "")
    _note(row, was, customer_id, actor, why, "customer.linked", said)
    return row


def unlink(pair: Pair, ref: str, actor: str, why: str = "") -> None:
    """Forget whose a gateway customer's payments are, if that is known."""
    found = CustomerLink.objects.select_for_update().filter(
        pair=pair, system=LinkSystem.GATEWAY, ref=ref
    )
    for row in found:
        forget(row, actor, why)


def forget(row: CustomerLink, actor: str, why: str) -> None:
    """Forget a link; its history stays. Call inside a transaction."""
    was = row.customer_id
    _note(row, was, "", actor, why, "customer.unlinked", f"{row.ref} is not customer {was}. {why}")
    row.delete()


def _note(
    row: CustomerLink, was: str, now: str, actor: str, why: str, kind: str, said: str
) -> None:
    why = guard.inspect_text(why).text[:300]
    CustomerLinkHistory.objects.create(
        pair=row.pair,
        system=row.system,
        ref=row.ref,
        from_customer=was,
        to_customer=now,
        ground=row.ground,
        why=why,
        actor=actor,
        at=wall_now(),
    )
    audit.record(
        kind,
        ("customer", str(row.ref)),
        actor=actor,
        summary=said,
        details={"pair": row.pair_id, "system": row.system, "from": was, "to": now, "why": why},
    )

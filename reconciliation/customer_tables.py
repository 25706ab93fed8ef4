"""Columns and formats of the lists of customers."""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerLink, CustomerMerge
from reconciliation.words import person

_STATE_TONES: Final = {"in_force": "good", "proposed": "warn"}


def _link(row: CustomerLink) -> SafeString:
    return formats.link(reverse("customer-link", args=[row.pk]), row.ref)


def _customer(row: CustomerLink) -> SafeString:
    return formats.link(reverse("customer", args=[row.pair_id, row.customer_id]), row.customer_id)


def _merge(row: CustomerMerge) -> SafeString:
    return formats.link(reverse("customer-merge", args=[row.pk]), row.merged_id)


LINKS: Final = Table[CustomerLink](
    caption="Customers",
    order=Order("ref", descending=False),
    card=("system", "customer", "at"),
    columns=(
        Column("ref", "Number there", lambda row: row.ref, _link, sort="ref"),
        Column("system", "System", lambda row: row.get_system_display()),
        Column("customer", "Customer in the ERP", lambda row: row.customer_id, _customer),
        Column("pair", "Payment route", lambda row: row.pair.name),
        Column("ground", "Linked by", lambda row: row.get_ground_display()),
        Column("by", "Who", lambda row: person(row.made_by)),
        Column("at", "When", lambda row: row.made_at, lambda row: formats.moment(row.made_at)),
    ),
)


def best(row: CustomerIdentity) -> CustomerCandidate | None:
    """The first suggestion that nobody has decided about (prefetched)."""
    found: list[CustomerCandidate] = getattr(row, "suggestions", [])
    return found[0] if found else None


def payer(row: CustomerIdentity) -> str:
    """What the other system calls them, and their number there; it need not know a name."""
    return f"{row.name or row.email or 'No name'}, {row.ref}"


def may_be(row: CustomerIdentity) -> str:
    """The customer of the ERP that comes nearest, and how many others come near."""
    found: list[CustomerCandidate] = getattr(row, "suggestions", [])
    if not found:
        return ""
    first, others = found[0].erp, len(found) - 1
    more = f" or {others} other{'s' if others > 1 else ''}" if others else ""
    return f"{', '.join(filter(None, (first.name, first.ref)))}{more}"


WAITING: Final = Table[CustomerIdentity](
    caption="Customers to look at",
    order=Order("ref", descending=False),
    card=("may_be", "why"),
    columns=(
        Column("ref", "Payer", payer, sort="ref", css="clip"),
        Column("may_be", "May be in the ERP", may_be, css="clip"),
        Column("why", "Why", lambda row: getattr(best(row), "why", ""), css="clip"),
        Column("system", "System", lambda row: row.get_system_display()),
    ),
)

MERGES: Final = Table[CustomerMerge](
    caption="Merged customers",
    order=Order("id"),
    card=("kept", "state", "why"),
    columns=(
        Column("merged", "Customer", lambda row: row.merged_id, _merge),
        Column("kept", "Merged into", lambda row: row.kept_id),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: formats.tag(row.get_state_display(), _STATE_TONES.get(row.state, "mute")),
        ),
        Column("why", "Why", lambda row: row.why, css="wide-cell"),
        Column("by", "Asked by", lambda row: person(row.proposed_by)),
        Column(
            "at", "When", lambda row: row.proposed_at, lambda row: formats.moment(row.proposed_at)
        ),
    ),
)

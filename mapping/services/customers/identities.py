"""Customers as each system tells them: kept as they came, with their blocking keys beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.db import transaction

from audit import guard
from integrations.bulk import insert_rows
from integrations.canonical import PartyRecord
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import IdentitySystem
from mapping.customers.blocking import keys_of
from mapping.customers.identity import Address, Identity, System
from mapping.customers.prepared import Prepared, prepare
from mapping.models import CustomerIdentity, IdentityKey

FACTS: Final = (
    "name", "email", "phone", "tax_number", "lines", "city", "region", "postcode", "country",
    "erp_ref", "crm_ref", "is_active",
)  # fmt: skip
_WIDTHS: Final[Mapping[str, int]] = {
    "name": 120, "email": 254, "phone": 40, "tax_number": 40, "city": 100, "region": 100,
    "postcode": 20, "country": 100,
}  # fmt: skip


def identity_of(
    pair: Pair,
    system: str,
    ref: str,
    party: PartyRecord,
    *,
    erp_ref: str = "",
    crm_ref: str = "",
    is_active: bool = True,
) -> CustomerIdentity:
    """A row that is not stored yet. Texts pass the card-number guard."""

    def safe(text: str, width: int) -> str:
        return guard.inspect_text(text).text[:width]

    now = wall_now()
    return CustomerIdentity(
        pair=pair,
        system=system,
        ref=ref[:60],
        lines=[safe(line, 100) for line in party.lines],
        erp_ref=erp_ref[:20],
        crm_ref=crm_ref[:60],
        is_active=is_active,
        is_looked_up=system == IdentitySystem.ERP,
        first_seen_at=now,
        changed_at=now,
        **{name: safe(getattr(party, name), width) for name, width in _WIDTHS.items()},
    )


def prepared_of(row: CustomerIdentity) -> Prepared:
    return prepare(identity_as_compared(row))


def identity_as_compared(row: CustomerIdentity) -> Identity:
    known = [(System.ERP, row.erp_ref), (System.CRM, row.crm_ref)]
    return Identity(
        system=System(row.system),
        ref=row.ref,
        name=row.name,
        email=row.email,
        phone=row.phone,
        tax_number=row.tax_number,
        address=Address(tuple(row.lines), row.city, row.region, row.postcode, row.country),
        known_as=tuple((system, ref) for system, ref in known if ref),
    )


def keep(pair: Pair, system: str, rows: Sequence[CustomerIdentity]) -> int:
    """Store what is new or changed; answers how many. Of one number twice, the last one counts.

    An empty field of the gateway tells nothing: what it said before stays.
    """
    with transaction.atomic():
        wanted = {row.ref: row for row in rows if row.ref}
        there = {
            row.ref: row
            for row in CustomerIdentity.objects.select_for_update()
            .filter(pair=pair, system=system, ref__in=wanted)
            .order_by("pk")
        }
        changed = [
            there[ref]
            for ref, row in wanted.items()
            if ref in there and _took_over(there[ref], row)
        ]
        new = [row for ref, row in wanted.items() if ref not in there]
        insert_rows(new)
        for row in changed:
            row.save()
        IdentityKey.objects.filter(identity__in=changed).delete()
        _index(pair, [*new, *changed])
    return len(new) + len(changed)


def _took_over(row: CustomerIdentity, told: CustomerIdentity) -> bool:
    """Take what is told into the row; whether anything changed."""
    keeps = row.system == IdentitySystem.GATEWAY
    news = {name: getattr(told, name) for name in FACTS}
    news = {n: v for n, v in news.items() if getattr(row, n) != v and not (keeps and not v)}
    for name, value in news.items():
        setattr(row, name, value)
    if news:
        row.changed_at = told.changed_at
        row.is_looked_up = told.is_looked_up
    return bool(news)


def _index(pair: Pair, rows: Sequence[CustomerIdentity]) -> None:
    """Write keys; whoever shares one of an ERP customer's is looked up again."""
    found: list[IdentityKey] = []
    for row in rows:
        found += [
            IdentityKey(identity=row, pair=pair, key=key)
            for key in sorted(keys_of(prepared_of(row)))
        ]
    insert_rows(found)
    erp = {key.key for key in found if key.identity.system == IdentitySystem.ERP}
    if erp:
        (
            CustomerIdentity.objects.filter(pair=pair, is_looked_up=True, keys__key__in=erp)
            .exclude(system=IdentitySystem.ERP)
            .update(is_looked_up=False)
        )


def sharing_keys(pair: Pair, keys: Iterable[str], system: str, most: int) -> list[CustomerIdentity]:
    """Active customers of a system that have one of the keys, but for keys that too many have."""
    from django.db.models import Count

    shared = IdentityKey.objects.filter(pair=pair, key__in=list(keys), identity__system=system)
    telling = (
        shared.order_by()
        .values("key")
        .annotate(number=Count("id"))
        .filter(number__lte=most)
        .values_list("key", flat=True)
    )
    ids = shared.filter(key__in=list(telling)).values("identity_id")
    return list(CustomerIdentity.objects.filter(pk__in=ids, is_active=True).order_by("pk"))

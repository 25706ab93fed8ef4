"""Spreadsheets of customers come in: links with a comparison first, lists of a CRM at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from audit import guard
from audit import services as audit
from audit.roles import Duty
from console.sheets import Bounds, lines_of
from integrations.canonical import PartyRecord
from integrations.models import Pair
from integrations.services.connectors import open_items_of
from mapping.choices import IdentitySystem, LinkGround
from mapping.customers import spreadsheet
from mapping.customers.spreadsheet import Change, Kind, Standing
from mapping.models import CustomerIdentity, CustomerLink
from mapping.services.customers.deciding import look_again, settled_elsewhere
from mapping.services.customers.identities import identity_of, keep
from mapping.services.links import forget, link
from reconciliation.services.customers.acting import trusted
from reconciliation.services.desk.erp import asking

LARGEST: Final = 5_000_000
BOUNDS: Final = Bounds(LARGEST, unfolded=100_000_000, rows=spreadsheet.MOST_ROWS)
WHY: Final = "From a spreadsheet"


def link_rows(body: bytes) -> list[dict[str, str]]:
    """The rows of a sheet of links, with the columns that count only. Raises SheetError."""
    rows = _table(body, (spreadsheet.REF, spreadsheet.CUSTOMER))
    return [{head: row.get(head, "") for head in spreadsheet.LINK_HEADINGS} for row in rows]


def _table(body: bytes, needed: Collection[str]) -> list[dict[str, str]]:
    """Rows by lower-case heading, without card numbers. Raises SheetError."""
    lines = (cells for _, cells in lines_of(body, BOUNDS))
    cleaned = ([guard.inspect_text(cell).text for cell in cells] for cells in lines)
    return spreadsheet.table_of(cleaned, needed)


def planned(pair: Pair, rows: Sequence[Mapping[str, str]]) -> list[Change]:
    """What the rows would do now. Raises DeskError when the ERP gives no answer."""
    refs = {row.get(spreadsheet.REF, "") for row in rows}
    links = CustomerLink.objects.filter(pair=pair, ref__in=refs)
    standing = {
        (row.system, row.ref): Standing(
            row.customer_id, row.made_at.replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
        )
        for row in links
    }
    wanted = sorted({row.get(spreadsheet.CUSTOMER, "") for row in rows} - {""})
    with asking(pair):
        known = open_items_of(pair.erp).customers_exist(pair.company, wanted) if wanted else ()
    return spreadsheet.plan(rows, standing, frozenset(known))


def apply(pair: Pair, rows: Sequence[Mapping[str, str]], actor: str) -> dict[Kind, int]:
    """Do what stands in the rows and is still right; refused rows change nothing."""
    trusted(actor, Duty.WORK_EXCEPTIONS, pair.name)
    with transaction.atomic():
        # Locked, so that what was compared is what is changed.
        list(CustomerLink.objects.select_for_update().filter(pair=pair).order_by("pk"))
        changes = planned(pair, rows)
        for change in changes:
            _do(pair, change, actor)
        counts = Counter(change.kind for change in changes)
        audit.record(
            "customers.imported",
            ("pair", str(pair.pk)),
            actor=actor,
            summary=f"{WHY}: {counts_in_words(counts)}.",
        )
    return dict(counts)


def _do(pair: Pair, change: Change, actor: str) -> None:
    if change.kind in (Kind.NEW, Kind.CHANGED):
        link(
            pair, change.ref, change.becomes, actor,
            system=change.system, ground=LinkGround.IMPORT, why=WHY,
        )  # fmt: skip
        settled_elsewhere(pair, change.system, change.ref)
    if change.kind == Kind.REMOVED:
        row = CustomerLink.objects.get(pair=pair, system=change.system, ref=change.ref)
        forget(row, actor, WHY)
        look_again(pair, change.system, change.ref)


def counts_in_words(counts: Mapping[Kind, int]) -> str:
    return ", ".join(f"{counts[kind]} {kind.value}" for kind in Kind if counts.get(kind))


def take_crm(pair: Pair, body: bytes, actor: str) -> int:
    """Keep a CRM's customers; answers how many were new or changed. Raises SheetError."""
    trusted(actor, Duty.WORK_EXCEPTIONS, pair.name)
    rows = _table(body, ("number",))
    with transaction.atomic():
        changed = keep(pair, IdentitySystem.CRM, list(_crm_rows(pair, rows)))
        audit.record(
            "customers.crm_read",
            ("pair", str(pair.pk)),
            actor=actor,
            summary=f"{len(rows)} customers of the CRM, {changed} new or changed.",
        )
    return changed


def _crm_rows(pair: Pair, rows: Iterable[Mapping[str, str]]) -> Iterable[CustomerIdentity]:
    for row in rows:
        told: dict[str, Any] = {
            field: row[head] for head, field in spreadsheet.CRM_FIELDS.items() if row.get(head)
        }
        ref, erp_ref = told.pop("ref", ""), told.pop("erp_ref", "")
        street = told.pop("street", "")
        party = PartyRecord(**told, lines=(street,) if street else ())
        yield identity_of(pair, IdentitySystem.CRM, ref, party, erp_ref=erp_ref)

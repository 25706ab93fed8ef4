"""Spreadsheets of customers: rows under headings, and what a sheet of links would change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.sheets import SheetError

MOST_ROWS: Final = 5000
#: Headings of the cross-reference as it is exported.
REF, SYSTEM, CUSTOMER, WHEN = "number there", "system", "customer in the erp", "when"
LINK_HEADINGS: Final = (REF, SYSTEM, CUSTOMER, WHEN)
#: Headings of a CRM's list -> the field; only the number is needed.
CRM_FIELDS: Final[Mapping[str, str]] = {
    "number": "ref", "name": "name", "e-mail": "email", "email": "email", "telephone": "phone",
    "phone": "phone", "tax number": "tax_number", "street": "street", "city": "city",
    "region": "region", "state": "region", "post code": "postcode", "postcode": "postcode",
    "zip": "postcode", "country": "country", "erp number": "erp_ref",
}  # fmt: skip


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    REMOVED = "taken back"
    SAME = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """A link as it is now; `when` as an export writes it."""

    customer: str
    when: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one row would do. `line` counts the heading as 1."""

    line: int
    kind: Kind
    system: str
    ref: str
    was: str
    becomes: str
    why: str = ""


def table_of(lines: Iterable[Sequence[str]], needed: Collection[str]) -> list[dict[str, str]]:
    """Rows by lower-case heading. Raises SheetError for a missing heading."""
    rows = iter(lines)
    heads = [cell.lower() for cell in next(rows, ())]
    missing = [name for name in needed if name not in heads]
    if missing:
        raise SheetError(f"The first line has no column “{missing[0]}”.")
    return [dict(zip(heads, row, strict=False)) for row in rows]


def plan(
    rows: Sequence[Mapping[str, str]],
    standing: Mapping[tuple[str, str], Standing],
    known: Collection[str],
) -> list[Change]:
    """What each row would do to the links as they stand; `known` are customers of the ERP.

    Of rows that name the same customer none is taken: nobody knows which one is meant.
    """
    times = Counter((_system(row), row.get(REF, "")) for row in rows)
    found = []
    for line, row in enumerate(rows, 2):
        system = _system(row)
        ref, becomes = row.get(REF, ""), row.get(CUSTOMER, "")
        now = standing.get((system, ref))
        was = now.customer if now else ""
        kind, why = _judged(row, now, becomes, known)
        if system not in ("gateway", "crm"):
            kind, why = Kind.REFUSED, f"“{row[SYSTEM]}” is no system; write Gateway or CRM."
        elif not ref:
            kind, why = Kind.REFUSED, "The number is missing."
        elif times[system, ref] > 1:
            kind, why = Kind.REFUSED, "The number stands in the sheet twice; leave one row."
        found.append(Change(line, kind, system, ref, was, becomes, why))
    return found


def _system(row: Mapping[str, str]) -> str:
    return (row.get(SYSTEM) or "gateway").lower()


def _judged(
    row: Mapping[str, str], now: Standing | None, becomes: str, known: Collection[str]
) -> tuple[Kind, str]:
    when = row.get(WHEN, "")[:19]
    if len(when) == len("2011-02-14"):
        when += " 00:00:00"  # as a workbook has it: its days are moments at midnight
    if now is None and when:
        return Kind.REFUSED, "The link was taken back since the export."
    if now is not None and not when:
        return Kind.REFUSED, f"It is linked to {now.customer} already; export the list again."
    if now is not None and when != now.when:
        return Kind.REFUSED, "Somebody changed the link since the export."
    if becomes and becomes not in known:
        return Kind.REFUSED, f"The ERP has no customer {becomes}."
    if now is None:
        return (Kind.NEW, "") if becomes else (Kind.REFUSED, "The customer is missing.")
    if not becomes:
        return Kind.REMOVED, ""
    return (Kind.SAME, "") if becomes == now.customer else (Kind.CHANGED, "")

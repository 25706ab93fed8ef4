"""One ERP document laid out: what is owed beside what was read back, line by line. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from integrations.standing import LABELS, LedgerLine, line_in, parts_in

#: Fields that hold several parts are tables of their own.
IN_PARTS: Final = ("applications", "lines")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field on both sides; `found` is None where the document was never read back."""

    label: str
    owed: str
    found: str | None
    differs: bool


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """What goes to one invoice. `only` says on which side alone it stands; empty for both."""

    invoice: str
    amount: str
    only: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a journal. `only` says on which side alone it stands; empty for both."""

    line: LedgerLine
    only: str


def field_rows(
    owed: Mapping[str, str], found: Mapping[str, str] | None, differing: Sequence[str]
) -> list[FieldRow]:
    """The fields in the order in which every page has them; those in parts are left out."""
    names = [name for name in LABELS if name in owed or (found and name in found)]
    return [
        FieldRow(
            LABELS[name],
            _said(owed.get(name, "")),
            _said(found.get(name, "")) if found is not None else None,
            name in differing,
        )
        for name in names
        if name not in IN_PARTS
    ]


def _said(text: str) -> str:
    """A day as every page writes it; anything else as it is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b %Y}"


def applied_rows(owed: str, found: str | None, number_of: Callable[[str], str]) -> list[AppliedRow]:
    """`number_of` gives an invoice's number by its key in the ERP."""
    rows = []
    for text, only in _sides(owed, found):
        [(key, amount)] = parts_in(text)
        rows.append(AppliedRow(number_of(key), amount, only))
    return rows


def line_rows(owed: str, found: str | None) -> list[LineRow]:
    return [LineRow(line_in(text), only) for text, only in _sides(owed, found)]


def _sides(owed: str, found: str | None) -> list[tuple[str, str]]:
    """Each part, and the side that alone has it. A part that stands twice is told twice."""
    ours = _parts(owed)
    if found is None:
        return [(text, "") for text in ours.elements()]
    theirs = _parts(found)
    both = ours & theirs
    return [
        *((text, "") for text in both.elements()),
        *((text, "owed") for text in (ours - both).elements()),
        *((text, "erp") for text in (theirs - both).elements()),
    ]


def _parts(text: str) -> Counter[str]:
    return Counter(part for part in text.split("; ") if part)

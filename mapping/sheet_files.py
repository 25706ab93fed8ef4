"""Rows of one kind as a spreadsheet, CSV or XLSX: written, and read back with bounds.

Columns are those of the kind, by their labels; choices stand in words. Nothing in a cell is ever
run: what looks like a formula is written as text, and refused when it is read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from openpyxl import Workbook

from audit import guard
from console.export import csv_lines
from console.sheets import Bounds, SheetError, harmless, lines_of
from mapping.kinds import Kind
from mapping.models import RuleSetVersion
from mapping.models.rules import Rule
from mapping.rules.rows import same
from mapping.services.editing import MOST_ROWS
from mapping.services.rulesets import RuleSetError

LARGEST: Final = 2 * 1024 * 1024
BOUNDS: Final = Bounds(LARGEST, unfolded=40_000_000, rows=MOST_ROWS, columns=50)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file. `line` is its number there, the head is 1."""

    line: int
    values: dict[str, str]


def shown_values(kind: Kind, row: Rule) -> list[str]:
    """The cells of a row: choices in words, conditions that are open are empty."""
    cells = []
    for name in kind.columns:
        choices = dict(kind.field(name).flatchoices)
        cells.append(harmless(str(choices.get(getattr(row, name), kind.text(row, name)))))
    return cells


def heads(kind: Kind) -> list[str]:
    return [str(kind.field(name).verbose_name) for name in kind.columns]


def as_csv(version: RuleSetVersion, kind: Kind) -> bytes:
    return b"".join(
        csv_lines([heads(kind), *(shown_values(kind, r) for r in kind.objects(version))])
    )


def as_xlsx(version: RuleSetVersion, kind: Kind) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(kind.label[:31])
    sheet.freeze_panes = "A2"
    sheet.append(heads(kind))
    for row in kind.objects(version):
        sheet.append(shown_values(kind, row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read_sheet(body: bytes, kind: Kind) -> list[FileRow]:
    """The rows of a file. Raises RuleSetError for a file that cannot be taken as a whole."""
    try:
        return list(_rows(lines_of(body, BOUNDS, encoding="cp1252"), kind))
    except SheetError as error:
        raise RuleSetError(str(error)) from error


def _rows(lines: Iterator[tuple[int, list[str]]], kind: Kind) -> Iterator[FileRow]:
    _, head = next(lines)
    columns = _columns(kind, head)
    for number, cells in lines:
        _without_card_numbers(number, cells)
        padded = [*cells, *[""] * len(columns)]
        values = {
            column: _code(kind, column, cell) for column, cell in zip(columns, padded, strict=False)
        }
        yield FileRow(number, values)


def formulas_in(row: FileRow) -> list[str]:
    """Names of columns in which a formula stands instead of a value."""
    return [name for name, text in row.values.items() if text.startswith("=")]


def _columns(kind: Kind, cells: Sequence[str]) -> list[str]:
    """The columns that the head names, by label or by name."""
    known = {same(label): name for label, name in zip(heads(kind), kind.columns, strict=True)}
    known |= {name: name for name in kind.columns}
    unknown = [cell for cell in cells if same(cell) not in known]
    if unknown:
        raise RuleSetError(
            f"The column {unknown[0][:40]!r} is none of {kind.label}: {', '.join(heads(kind))}."
        )
    columns = [known[same(cell)] for cell in cells]
    missing = [kind.field(name).verbose_name for name in kind.columns if name not in columns]
    if missing or len(set(columns)) != len(columns):
        what = f"lacks the column {missing[0]}" if missing else "names a column twice"
        raise RuleSetError(f"The file {what}; it has to have: {', '.join(heads(kind))}.")
    return columns


def _code(kind: Kind, column: str, text: str) -> str:
    """A choice by its words or its code, whatever its capitals; other texts as they stand."""
    for code, label in kind.field(column).flatchoices:
        if same(text) in (same(str(label)), same(str(code))):
            return str(code)
    return text


def _without_card_numbers(line: int, cells: Sequence[str]) -> None:
    if guard.inspect_text("\n".join(cells)).findings:
        raise RuleSetError(
            f"Row {line} holds what looks like a card number. Nothing of the file was kept."
        )

"""Rows of one kind as a spreadsheet, CSV or XLSX: written, and read back with bounds.

Columns are those of the kind, by their labels; choices stand in words. Nothing in a cell is ever
run: what looks like a formula is written as text, and refused when it is read.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from audit import guard
from console.export import csv_lines, harmless
from mapping.kinds import Kind
from mapping.models import RuleSetVersion
from mapping.models.rules import Rule
from mapping.rules.rows import same
from mapping.services.editing import MOST_ROWS
from mapping.services.rulesets import RuleSetError

LARGEST: Final = 2 * 1024 * 1024
#: What a workbook may unfold to.
LARGEST_INSIDE: Final = 40 * 1024 * 1024
MOST_COLUMNS: Final = 50


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


def read_sheet(name: str, body: bytes, kind: Kind) -> list[FileRow]:
    """The rows of a file. Raises RuleSetError for a file that cannot be taken as a whole."""
    if len(body) > LARGEST:
        raise RuleSetError("The file is larger than 2 MB; split it.")
    lines = _xlsx_lines(body) if body[:2] == b"PK" else _csv_lines(body)
    columns: list[str] | None = None
    rows: list[FileRow] = []
    for number, cells in enumerate(lines, start=1):
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(kind, cells)
            continue
        if len(rows) >= MOST_ROWS:
            raise RuleSetError(f"The file has more than {MOST_ROWS:,} rows.")
        _without_card_numbers(number, cells)
        padded = [*cells, *[""] * len(columns)]
        values = {
            column: _code(kind, column, cell) for column, cell in zip(columns, padded, strict=False)
        }
        rows.append(FileRow(number, values))
    if columns is None:
        raise RuleSetError("The file is empty.")
    return rows


def formulas_in(row: FileRow) -> list[str]:
    """Names of columns in which a formula stands instead of a value."""
    return [name for name, text in row.values.items() if text.startswith("=")]


def _csv_lines(body: bytes) -> Iterator[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", errors="replace")
    if "\0" in text:
        raise RuleSetError("This is no CSV or XLSX file.")
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
            yield _bounded(map(_text, cells))
    except csv.Error as error:
        raise RuleSetError(f"The file cannot be read as CSV: {error}.") from error


def _xlsx_lines(body: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as inside:
            if sum(part.file_size for part in inside.infolist()) > LARGEST_INSIDE:
                raise RuleSetError("The workbook unfolds to more than 40 MB; nothing was read.")
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        if not book.worksheets:
            raise RuleSetError("The workbook has no sheet.")
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield _bounded(map(_text, row))
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        ParseError,
        OSError,
    ) as error:
        raise RuleSetError("The workbook cannot be read; save it anew as XLSX or CSV.") from error


def _bounded(cells: Iterable[str]) -> list[str]:
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    if len(found) > MOST_COLUMNS:
        raise RuleSetError(f"The file has more than {MOST_COLUMNS} columns.")
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = str(value).strip()
    # What we wrote so that no spreadsheet takes it for a formula is taken back.
    return text[1:] if text[:1] == "'" and harmless(text[1:]) == text else text


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

"""The rows of a CSV file with their line numbers, one damaged line at a time. Pure.

A quotation mark that is opened and never closed would let a plain CSV reader swallow the rest of
the file. Here a row may go over a few lines, and if it does not fit then, only its first line is
given up.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: A cell with line breaks in it may have that many.
MOST_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, or the reason why there are none. `number` counts lines from 1."""

    number: int
    cells: tuple[str, ...]
    problem: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.problem and not any(cell.strip() for cell in self.cells)


def rows_of(body: bytes, *, encoding: str, delimiter: str) -> Iterator[Row]:
    """Rows in file order; CRLF, CR and LF end a line. The number of cells is not judged."""
    waiting: list[bytes] = []
    lines = enumerate(_physical_lines(body), start=1)
    start = 0
    for number, line in lines:
        waiting.append(line)
        start = start or number
        if b"".join(waiting).count(b'"') % 2 == 1 and len(waiting) < MOST_LINES:
            continue
        yield from _rows_in(waiting, start, encoding, delimiter)
        waiting, start = [], 0
    if waiting:
        yield from _rows_in(waiting, start, encoding, delimiter)


def _physical_lines(body: bytes) -> Iterator[bytes]:
    if b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    yield from io.BytesIO(body)


def _rows_in(lines: list[bytes], start: int, encoding: str, delimiter: str) -> Iterator[Row]:
    """One row where the lines make exactly one together, else a row of each line."""
    whole = _row(b"".join(lines), start, encoding, delimiter)
    if len(lines) == 1 or not whole.problem:
        yield whole
        return
    for offset, line in enumerate(lines):
        yield _row(line, start + offset, encoding, delimiter)


def _row(line: bytes, number: int, encoding: str, delimiter: str) -> Row:
    try:
        text = line.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        return Row(number, (), f"it holds characters that are not {encoding}")
    if "\x00" in text:
        return Row(number, (), "it holds a character that is not text")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return Row(number, (), "a quotation mark is opened and not closed, or a cell is too long")
    if len(rows) > 1:
        return Row(number, (), "a quotation mark stands inside a cell")
    return Row(number, tuple(rows[0]) if rows else ())

"""An uploaded spreadsheet, CSV or XLSX, as rows of text. Nothing in it is computed or followed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

#: What a spreadsheet takes for the beginning of a formula; some take the wide forms as well.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: What XML cannot hold: one of them would cost the whole workbook.
_UNFIT_CHARACTERS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_TEXT: Final = "This is no CSV or XLSX file: it is neither UTF-8 text nor a workbook."
_NO_WORKBOOK: Final = "This is no workbook that can be read; save it anew as XLSX or CSV."
#: A separator within a value moves all that follows into other columns.
_TOO_WIDE: Final = (
    "Row {} has more values than the head has columns: put a value that holds a comma or a "
    "semicolon into quotation marks."
)
_UNFIT: Final = (
    *(zipfile.BadZipFile, InvalidFileException, ParseError),
    *(KeyError, ValueError, IndexError, OSError),
)


class SheetError(Exception):
    """The file as a whole cannot be taken; the message is for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes in bytes; `unfolded` is what a workbook, which is an archive, may come to.

    `rows` are those below the head.
    """

    size: int
    unfolded: int
    rows: int
    columns: int = 60


def is_formula(text: str) -> bool:
    """Whether a cell begins as a formula does."""
    return text.startswith(FORMULA)


def harmless(text: str) -> str:
    """Text that no spreadsheet runs as a formula, and that a workbook can hold; payers type what
    they like. A control character shows as one that stands for what cannot be shown.
    """
    plain = _UNFIT_CHARACTERS.sub("\ufffd", text)
    return f"'{plain}" if is_formula(plain) else plain


def lines_of(body: bytes, bounds: Bounds, *, encoding: str = "") -> Iterator[tuple[int, list[str]]]:
    """Every row that holds something, with its number in the file; the head is among them.

    Cells are as they were before `harmless`; empty ones at the end of a row are left out.
    encoding: in which a CSV file is read that is not UTF-8. Raises SheetError, also where a row of
    a CSV file is wider than its head.
    """
    if len(body) > bounds.size:
        raise SheetError(f"The file is larger than {_mb(bounds.size)} MB; split it.")
    is_workbook = body[:2] == b"PK"
    rows = _workbook(body, bounds) if is_workbook else _csv(body, encoding)
    taken, width = 0, bounds.columns
    for number, cells in enumerate(rows, start=1):
        line = _trimmed(map(_text, cells), bounds.columns)
        if not line:
            continue
        if taken > bounds.rows:
            raise SheetError(f"The file has more than {bounds.rows:,} rows; split it.")
        if len(line) > width:
            raise SheetError(_TOO_WIDE.format(number))
        if not taken and not is_workbook:
            width = len(line)
        taken += 1
        yield number, line
    if not taken:
        raise SheetError("The file is empty.")


def _csv(body: bytes, encoding: str) -> Iterator[list[str]]:
    text = _decoded(body, encoding)
    head = text.partition("\n")[0]
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    except csv.Error as error:
        raise SheetError(f"The file cannot be read as CSV: {error}.") from error


def _decoded(body: bytes, encoding: str) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not encoding:
            raise SheetError(_NOT_TEXT) from error
        text = body.decode(encoding, errors="replace")
    if "\0" in text:
        raise SheetError(_NOT_TEXT)
    return text


def _workbook(body: bytes, bounds: Bounds) -> Iterator[Iterable[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(part.file_size for part in archive.infolist()) > bounds.unfolded:
                raise SheetError(f"The workbook unfolds to more than {_mb(bounds.unfolded)} MB.")
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        yield from book.worksheets[0].iter_rows(values_only=True)
    except _UNFIT as error:
        raise SheetError(_NO_WORKBOOK) from error


def _trimmed(cells: Iterable[str], most: int) -> list[str]:
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    if len(found) > most:
        raise SheetError(f"The file has more than {most} columns.")
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        # A workbook knows no days: one is a moment at midnight.
        return f"{value.date()}" if value.time() == time.min else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    text = str(value).strip()
    return text[1:] if text[:1] == "'" and is_formula(text[1:]) else text


def _mb(size: int) -> int:
    return size // 1_000_000

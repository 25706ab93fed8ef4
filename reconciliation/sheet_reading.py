"""A spreadsheet's bytes as rows of text. Nothing in it is computed, followed or believed."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from audit import guard

MOST_BYTES: Final = 8_000_000
MOST_ROWS: Final = 20_000
#: A workbook is an archive: what it would unpack to is bounded too.
MOST_UNPACKED: Final = 200_000_000
MOST_COLUMNS: Final = 60
WIDEST: Final = 500
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class SheetError(Exception):
    """The file cannot be read at all; the message is for the person who sent it."""


def read(body: bytes) -> list[dict[str, str]]:
    """The rows below the head, by the heads of their columns; empty rows are left out.

    Card numbers are replaced before anything is kept. Raises SheetError.
    """
    if len(body) > MOST_BYTES:
        raise SheetError(f"The file is larger than {MOST_BYTES // 1_000_000} MB; send it in parts.")
    lines = _workbook(body) if body[:2] == b"PK" else _csv(body)
    heads: list[str] = []
    rows: list[dict[str, str]] = []
    for line in lines:
        cells = [_cleaned(cell) for cell in line[:MOST_COLUMNS]]
        if not any(cells):
            continue
        if not heads:
            heads = cells
            continue
        if len(rows) == MOST_ROWS:
            raise SheetError(f"The file has more than {MOST_ROWS:,} rows; send it in parts.")
        rows.append({head: cell for head, cell in zip(heads, cells, strict=False) if head})
    if not heads:
        raise SheetError("The file is empty.")
    return rows


def _cleaned(text: str) -> str:
    text = text.strip()[:WIDEST]
    if len(text) > 1 and text[0] == "'" and text[1:].startswith(FORMULA):
        text = text[1:]  # as the export wrote it, so that no spreadsheet ran it
    return guard.inspect_text(text).text if text else text


def is_formula(text: str) -> bool:
    """Whether a cell that a person filled in begins as a formula does."""
    return text.startswith(FORMULA)


def _csv(body: bytes) -> Iterator[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetError("The file is neither UTF-8 text nor a workbook (XLSX).") from error
    if "\0" in text:
        raise SheetError("The file is neither UTF-8 text nor a workbook (XLSX).")
    delimiter = (
        ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    )
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise SheetError(f"The file cannot be read: {error}.") from error


def _workbook(body: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
                raise SheetError("The workbook unpacks to more than is taken; send it in parts.")
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise SheetError("The file is no workbook that can be read (XLSX).") from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True, max_row=MOST_ROWS + 50):
            yield [_text(cell) for cell in row]
    finally:
        book.close()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

"""Reads invoice files: each line is an invoice or refused with a reason in words. Pure.

Format: CSV in UTF-8 with the columns invoice_no, invoice_date, customer_id, total_gbp in any
order. Source of the real invoices: UCI data set "Online Retail".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import BinaryIO

COLUMNS = ("invoice_no", "invoice_date", "customer_id", "total_gbp")
#: No line of this format comes near; what is longer is read past, never held.
LONGEST_LINE = 4_096
LARGEST_AMOUNT = Decimal("999999999999.99")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")


class InvoiceFileError(Exception):
    """The whole file cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One good line. `total` is positive, in the company's currency, with at most 2 decimals."""

    line: int
    invoice_no: str
    invoice_date: date
    customer_id: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class RefusedLine:
    line: int
    reason: str


def read_invoices(file: BinaryIO) -> Iterator[InvoiceLine | RefusedLine]:
    """One result for each line that is not blank, in file order; line 1 is the header.

    Raises: InvoiceFileError when the header is missing or names other columns.
    """
    lines = _physical_lines(file)
    header = next(lines, (1, ""))[1] or ""
    order = _column_order(header)
    for number, text in lines:
        if text is None:
            yield RefusedLine(number, f"the line is longer than {LONGEST_LINE} characters")
        elif text.strip():
            yield _read_line(number, text, order)


def check_rows(rows: Iterable[Sequence[object]]) -> Iterator[InvoiceLine | RefusedLine]:
    """Rows of (invoice_no, invoice_date, customer_id, total), counted from 1."""
    for number, row in enumerate(rows, start=1):
        yield _check(number, [str(value) for value in row])


def _physical_lines(file: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers; None for one that is too long."""
    number = 0
    while raw := file.readline(LONGEST_LINE):
        number += 1
        if number == 1 and raw.startswith(_UTF_16):
            raise InvoiceFileError("The file is saved as UTF-16; save it as UTF-8.")
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
            continue
        encoding = "utf-8-sig" if number == 1 else "utf-8"
        yield number, raw.decode(encoding, "replace").rstrip("\r\n")


def _column_order(header: str) -> list[int]:
    try:
        named = [name.strip().lower() for name in next(csv.reader([header]), [])]
    except csv.Error as error:
        # Lines that end with carriage returns alone, say: all of them are the first.
        raise InvoiceFileError(f"The first line is not readable CSV ({error}).") from error
    if sorted(named) != sorted(COLUMNS):
        raise InvoiceFileError(
            f"The first line must name the columns {','.join(COLUMNS)}; it reads {header[:100]!r}."
        )
    return [named.index(column) for column in COLUMNS]


def _read_line(number: int, text: str, order: list[int]) -> InvoiceLine | RefusedLine:
    try:
        # Line by line: an open quote must not swallow the lines after it.
        values = next(csv.reader([text], strict=True))
    except csv.Error as error:
        return RefusedLine(number, f"the line is not readable CSV ({error})")
    if len(values) != len(COLUMNS):
        return RefusedLine(number, f"{len(values)} columns instead of {len(COLUMNS)}")
    return _check(number, [values[position] for position in order])


def _check(number: int, values: list[str]) -> InvoiceLine | RefusedLine:
    if len(values) != len(COLUMNS):
        return RefusedLine(number, f"{len(values)} columns instead of {len(COLUMNS)}")
    invoice_no, day, customer_id, amount = (value.strip() for value in values)
    for column, value in zip(COLUMNS, (invoice_no, day, customer_id, amount), strict=True):
        if not value:
            return RefusedLine(number, f"{column} is empty")
        if _CONTROL.search(value):
            return RefusedLine(number, f"{column} holds characters that cannot be read")
    if len(invoice_no) > 15:
        return RefusedLine(number, f"invoice_no {invoice_no!r} is longer than 15 characters")
    if len(customer_id) > 12:
        return RefusedLine(number, f"customer_id {customer_id!r} is longer than 12 characters")
    try:
        invoice_date = _read_date(day)
        total = _read_amount(amount)
    except ValueError as error:
        return RefusedLine(number, str(error))
    return InvoiceLine(number, invoice_no, invoice_date, customer_id, total)


def _read_date(text: str) -> date:
    sentence = f"invoice_date {text!r} is not a date like 2010-12-31"
    if not _DATE.fullmatch(text):
        raise ValueError(sentence)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(sentence) from error


def _read_amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"total_gbp {text!r} is not an amount like 139.12")
    amount = Decimal(text)
    if amount <= 0:
        raise ValueError(f"total_gbp {text} is not positive")
    if len(text.partition(".")[2]) > 2:
        raise ValueError(f"total_gbp {text} has more than 2 decimals")
    if amount > LARGEST_AMOUNT:
        raise ValueError(f"total_gbp {text} is larger than {LARGEST_AMOUNT}")
    return amount

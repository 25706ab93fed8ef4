"""A list as a file: exactly what the filter selects, in the list's own order and columns.

Rows are read in chunks and written as they come, so that memory does not grow with their number.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from console.keyset import Order
from console.sheets import harmless
from console.tables import Column

CSV: Final = "csv"
XLSX: Final = "xlsx"
KINDS: Final = (CSV, XLSX)
#: A workbook is whole before its first byte leaves, a CSV file is sent as it is read.
MOST_ROWS: Final = {CSV: 1_000_000, XLSX: 100_000}
AT_ONCE: Final = 1_000
_XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def plain(value: Any) -> Any:
    """A cell's value for a file: numbers stay numbers, times are UTC and without a zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, microsecond=0)
    if isinstance(value, Decimal | date | int):
        return value
    return harmless(str(value))


def _written(value: Any) -> Any:
    """As CSV has it: ISO times, amounts with their own decimals and never an exponent."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


def rows_of(
    found: QuerySet[Any], order: Order, columns: Sequence[Column[Any]]
) -> Iterator[list[Any]]:
    """The head, then each row's plain values, read AT_ONCE at a time."""
    yield [column.label for column in columns]
    sign = "-" if order.descending else ""
    ordered = found.order_by(f"{sign}{order.field}", f"{sign}pk")
    for row in ordered.iterator(chunk_size=AT_ONCE):
        yield [plain(column.value(row)) for column in columns]


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """UTF-8 with a mark at its beginning, by which spreadsheets know that it is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff".encode()
    for row in rows:
        writer.writerow([_written(value) for value in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def workbook(rows: Iterator[Sequence[Any]], columns: Sequence[Column[Any]], title: str) -> Any:
    """An open temporary file that holds the workbook; whoever closes it removes it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for position, column in enumerate(columns, start=1):
        width = 14 if column.is_number else 22
        sheet.column_dimensions[get_column_letter(position)].width = width
    head = next(rows)
    sheet.append([_head_cell(sheet, label) for label in head])
    for row in rows:
        sheet.append(row)
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  # the response closes it
    book.save(file)
    file.seek(0)
    return file


def _head_cell(sheet: Any, label: str) -> Any:
    cell = WriteOnlyCell(sheet, value=label)
    cell.font = Font(bold=True)
    return cell


def respond(
    kind: str, found: QuerySet[Any], order: Order, columns: Sequence[Column[Any]], title: str
) -> HttpResponseBase:
    """The file as a download, named after the list."""
    rows = rows_of(found, order, columns)
    name = f"{title.lower().replace(' ', '-')}.{kind}"
    if kind == XLSX:
        file = workbook(rows, columns, title)
        return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX_TYPE)
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

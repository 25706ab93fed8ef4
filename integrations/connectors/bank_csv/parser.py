"""Bank statements as canonical lines. Pure and streamed: one pass, one row at a time.

Amounts are signed from the account's side, major units of the connection's currency. Banks give
no ids: a line is known by a fingerprint of its own text and by which of its equals of that day it
is, so that overlapping files repeat lines and true twins stay two.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from integrations.canonical import FactKind, StatementLineRecord, Unreadable
from integrations.connectors.bank_csv.config import BankCsvSettings
from integrations.connectors.bank_csv.lines import Row, rows_of
from integrations.contracts import Parsed
from integrations.errors import UnreadableError
from integrations.money import Money, MoneyError
from integrations.redactor import Redactor
from integrations.statement_formats import format_of

BOM: Final = b"\xef\xbb\xbf"
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
MOST_WARNINGS: Final = 20
_REDACTOR: Final = Redactor()
_POINT: Final = re.compile(r"(\d{1,3}(?:[ ,]\d{3})+|\d+)(\.\d+)?")
_COMMA: Final = re.compile(r"(\d{1,3}(?:[ .]\d{3})+|\d+)(,\d+)?")


class _Unfit(ValueError):
    """This one line cannot be read; the text says why."""


def parse_statement(body: bytes, settings: BankCsvSettings) -> Parsed:
    """Every line of a file: a record, or an Unreadable with its line number and reason.

    Raises UnreadableError when the file has not the columns expected.
    """
    if body.startswith(UTF_16):
        raise UnreadableError("The file is saved as UTF-16; save it as UTF-8.")
    delimiter = "\t" if settings.delimiter == "tab" else settings.delimiter
    rows = (
        row
        for row in rows_of(body.removeprefix(BOM), encoding=settings.encoding, delimiter=delimiter)
        if not row.is_empty
    )
    header = _header(rows, settings, format_of(body))
    reader = _LineReader(settings, header)
    balances = _BalanceCheck()
    records: list[StatementLineRecord | Unreadable] = []
    for row in rows:
        record = reader.read(row)
        balances.see(record)
        records.append(record)
    return Parsed(records, balances.warnings(), is_checked=balances.compared > 0)


def fingerprint(
    booked_on: date, description: str, reference: str, amount: Money, occurrence: int
) -> str:
    parts = [booked_on.isoformat(), description, reference, amount.text, occurrence]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def read_amount(text: str, currency: str, *, decimal_comma: bool) -> Money:
    """`1,234.56`, `-12.00`, `12.00-`, `(12.00)`; with `decimal_comma` `1.234,56`."""
    plain = text.strip().replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")
    sign = ""
    if plain.startswith("(") and plain.endswith(")"):
        sign, plain = "-", plain[1:-1]
    elif plain.endswith("-"):
        sign, plain = "-", plain[:-1]
    elif plain[:1] in ("+", "-"):
        sign, plain = plain[0], plain[1:]
    found = (_COMMA if decimal_comma else _POINT).fullmatch(plain.strip())
    if found is None or len(plain) > 24:
        raise _Unfit(f"{text.strip()[:40]!r} is not an amount")
    whole = re.sub(r"\D", "", found[1])
    fraction = (found[2] or "").replace(",", ".")
    try:
        return Money.parse(f"{sign}{whole}{fraction}", currency)
    except MoneyError as error:
        raise _Unfit(str(error).rstrip(".")) from None


def _header(rows: Iterator[Row], settings: BankCsvSettings, other: str) -> Mapping[str, int]:
    """Place of each expected column, by its name in small letters.

    `other`: the format in which banks write that the file has, if it has one.
    """
    row = next(rows, Row(0, ()))
    names = [cell.strip().lower() for cell in row.cells]
    missing = [name for name in settings.columns if name.lower() not in names]
    if missing and other:
        raise UnreadableError(
            f"This account's statements are CSV files, and this is a {other} file."
        )
    if missing:
        found = ", ".join(cell.strip()[:30] for cell in row.cells[:20]) or row.problem or "nothing"
        raise UnreadableError(
            f"The first line has to name the columns {', '.join(settings.columns)}; "
            f"it does not name {', '.join(missing)}. Found: {found}."
        )
    doubled = [name for name in settings.columns if names.count(name.lower()) > 1]
    if doubled:
        raise UnreadableError(f"The first line names {', '.join(doubled)} more than once.")
    places = {name.lower(): names.index(name.lower()) for name in settings.columns}
    return {**places, "": len(names)}


@dataclass(slots=True)
class _LineReader:
    settings: BankCsvSettings
    places: Mapping[str, int]
    seen: Counter[tuple[date, str, str, Money]] = field(default_factory=Counter)

    def read(self, row: Row) -> StatementLineRecord | Unreadable:
        try:
            return self._line(row)
        except _Unfit as error:
            reason = f"line {row.number}: {_REDACTOR.clean(str(error))}"
            return Unreadable(row.number, reason, "", FactKind.BANK_LINE)

    def _line(self, row: Row) -> StatementLineRecord:
        settings, width = self.settings, self.places[""]
        if row.problem:
            raise _Unfit(row.problem)
        # One cell more may be a comma in a text: every amount behind it would be another's.
        if len(row.cells) != width:
            raise _Unfit(f"it has {len(row.cells)} columns, {width} are expected")
        booked_on = self._date(self._cell(row, settings.date_column))
        description = self._cell(row, settings.description_column)
        reference = self._cell(row, settings.reference_column)
        amount = self._amount(self._cell(row, settings.amount_column))
        balance_text = self._cell(row, settings.balance_column)
        balance = self._amount(balance_text) if balance_text else None
        line = (booked_on, description, reference, amount)
        self.seen[line] += 1
        return StatementLineRecord(
            external_id=fingerprint(*line, self.seen[line]),
            line_number=row.number,
            booked_on=booked_on,
            description=description,
            reference=reference,
            amount=amount,
            balance=balance,
            occurrence=self.seen[line],
        )

    def _cell(self, row: Row, column: str) -> str:
        place = self.places.get(column.lower())
        return " ".join(row.cells[place].split()) if place is not None else ""

    def _amount(self, text: str) -> Money:
        settings = self.settings
        return read_amount(text, settings.currency, decimal_comma=settings.decimal_comma)

    def _date(self, text: str) -> date:
        try:
            return datetime.strptime(text, self.settings.date_format).replace(tzinfo=UTC).date()
        except ValueError:
            raise _Unfit(f"{text[:40]!r} is not a date like {self.settings.date_format}") from None


@dataclass(slots=True)
class _BalanceCheck:
    """Whether each balance follows from its neighbour, oldest line first or newest first.

    A line without a balance, or one that could not be read, breaks the chain without a warning.
    """

    last: StatementLineRecord | None = None
    rising: list[str] = field(default_factory=list)
    falling: list[str] = field(default_factory=list)
    compared: int = 0

    def see(self, record: StatementLineRecord | Unreadable) -> None:
        line = record if isinstance(record, StatementLineRecord) else None
        last, self.last = self.last, line
        if line is None or last is None or line.balance is None or last.balance is None:
            return
        self.compared += 1
        if last.balance + line.amount != line.balance:
            self._note(self.rising, line, last.balance + line.amount)
        if last.balance - last.amount != line.balance:
            self._note(self.falling, line, last.balance - last.amount)

    def warnings(self) -> list[str]:
        return min(self.rising, self.falling, key=len)[:MOST_WARNINGS]

    @staticmethod
    def _note(notes: list[str], line: StatementLineRecord, expected: Money) -> None:
        if len(notes) <= MOST_WARNINGS * 50:
            text = f"Line {line.line_number}: the balance is {line.balance}, not {expected}."
            notes.append(text)

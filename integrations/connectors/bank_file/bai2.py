"""BAI2 balance reports as statements: an account over one day. Pure.

Amounts have no decimal point: they count the currency's smallest unit. The type code of an entry
says which way its money goes. Sources in NOTES.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from integrations.connectors.bank_file.bai2_records import Fields, Record, records_of
from integrations.connectors.bank_file.statements import (
    Entry,
    Found,
    Statement,
    Unfit,
    UnfitError,
    counted,
)
from integrations.money import Money, MoneyError, minor_units, total
from integrations.statement_formats import text_of

OPENING_LEDGER: Final = "010"
CLOSING_LEDGER: Final = "015"
NON_MONETARY: Final = "890"
_CREDITS: Final = (range(101, 400), range(920, 960))
_DEBITS: Final = (range(401, 700), range(960, 1000))
_AMOUNT: Final = re.compile(r"[+-]?\d{1,15}")
#: Groups that are no news of what was booked: by status, and by how final their date is.
_STATUSES: Final = {
    "2": "deletes what came before",
    "3": "corrects what came before",
    "4": "is a test",
}
_MODIFIERS: Final = {"1": "is not final yet", "3": "is about a day that is not over"}


def read_bai2(body: bytes, currency: str) -> Found:
    """Every account of every group. `currency` is that of accounts whose file names none."""
    reader = _Reader(currency)
    last: Record | None = None
    for record in records_of(text_of(body)):
        if last is not None:
            reader.read(last)
        last = record
    reader.finish(last)
    return reader.found


@dataclass(slots=True)
class _Group:
    day: date | None = None
    currency: str = ""
    refusal: str = ""


@dataclass(slots=True)
class _Account:
    """An account while it is read; `amounts` of all its records are what its trailer adds up."""

    statement: Statement
    number: int
    refusal: str = ""
    amounts: list[Money] = field(default_factory=list)
    is_whole: bool = True
    left_out: int = 0
    silent: int = 0


@dataclass(slots=True)
class _Reader:
    currency: str
    found: Found = field(default_factory=Found)
    group: _Group = field(default_factory=_Group)
    account: _Account | None = None

    def read(self, record: Record) -> None:
        fields = record.fields()
        if record.code == "02":
            self._end_account()
            self.group = _read_group(fields, self.currency)
        elif record.code == "03":
            self._end_account()
            self._begin_account(record, fields)
        elif record.code == "16":
            self._entry(record, fields)
        elif record.code == "49":
            self._check(record, fields)
            self._end_account()
        elif record.code == "98":
            self._end_account()
        elif record.code not in ("01", "99"):
            what = f"{record.code} is no record of BAI2" if record.code else "it is no BAI2 record"
            self._add(Unfit(f"line {record.number}", record.number, what))

    def finish(self, last: Record | None) -> None:
        """The last record ends the file; another one may be cut off, and its amount with it."""
        if last is not None and last.code == "16":
            reason = "the file breaks off here, so its amount may be cut off"
            self._add(Unfit(f"line {last.number}", last.number, reason))
        elif last is not None:
            self.read(last)
        self._end_account()
        if last is None or last.code != "99":
            self.found.warnings.append("The file has no end record (99): it may be cut off.")

    def _add(self, entry: Entry | Unfit) -> None:
        self.found.add(entry, self.account.statement if self.account else None)

    def _begin_account(self, record: Record, fields: Fields) -> None:
        number, currency = fields.take(), fields.take().upper()
        currency = currency or self.group.currency
        statement = Statement(f"Account in line {record.number}", number, currency)
        self.account = _Account(statement, record.number, self.group.refusal)
        self.found.statements.append(statement)
        try:
            self._summaries(fields, statement)
        except (UnfitError, MoneyError) as error:
            self.account.is_whole = False
            statement.warnings.append(f"Line {record.number}: {str(error).rstrip('.')}.")

    def _summaries(self, fields: Fields, statement: Statement) -> None:
        """Balances and totals: type code, amount, number of items, funds type each."""
        while fields.has_more and self.account is not None:
            code, text = fields.take(), fields.take()
            fields.take()
            fields.skip_availability()
            if not text:
                continue
            amount = _amount(text, statement.currency)
            self.account.amounts.append(amount)
            if code == OPENING_LEDGER:
                statement.opening = amount
            elif code == CLOSING_LEDGER:
                statement.closing = amount

    def _entry(self, record: Record, fields: Fields) -> None:
        place = f"line {record.number}"
        account = self.account
        if account is None:
            self._add(Unfit(place, record.number, "the entry stands in no account (03)"))
            return
        if account.refusal:
            account.left_out += 1
            return
        try:
            entry = self._read_entry(place, record.number, fields, account)
        except (UnfitError, MoneyError) as error:
            account.is_whole = False
            self._add(Unfit(place, record.number, str(error).rstrip(".")))
            return
        if entry is None:
            account.silent += 1
        else:
            self._add(entry)

    def _read_entry(
        self, place: str, number: int, fields: Fields, account: _Account
    ) -> Entry | None:
        """None for what only tells something and moves no money."""
        code, text = fields.take(), fields.take()
        if code == NON_MONETARY and not text.strip("0"):
            return None
        amount = _amount(text, account.statement.currency)
        sign = _direction(code)
        if amount.amount < 0:
            raise UnfitError(f"{text[:40]!r} has a sign; the type code {code} says the direction")
        if self.group.day is None:
            raise UnfitError("its group (02) has no date that can be read")
        fields.skip_availability()
        bank_ref, reference = fields.take(), fields.take()
        account.amounts.append(amount)
        return Entry(
            place=place,
            number=number,
            booked_on=self.group.day,
            amount=amount if sign > 0 else -amount,
            description=fields.rest() or f"BAI2 type {code}",
            reference=reference,
            bank_ref=f"{code} {bank_ref}",
        )

    def _check(self, record: Record, fields: Fields) -> None:
        """The account's control total: the sum of all amounts in its records, as they stand."""
        account = self.account
        if account is None or account.refusal or not account.is_whole:
            return
        currency, text = account.statement.currency, fields.take()
        try:
            stated = _amount(text, currency)
        except (UnfitError, MoneyError):
            account.statement.warnings.append(
                f"Line {record.number}: the control total is missing."
            )
            return
        found = total(account.amounts, currency)
        if found != stated:
            account.statement.warnings.append(
                f"Line {record.number}: the bank's control total is {stated}, the records come to"
                f" {found}."
            )

    def _end_account(self) -> None:
        account, self.account = self.account, None
        if account is None:
            return
        statement = account.statement
        if account.refusal:
            statement.opening = statement.closing = None
            were = counted(account.left_out, "entry was", "entries were")
            reason = f"its group {account.refusal}; {were} not taken"
            self.found.add(Unfit(f"line {account.number}", account.number, reason), statement)
        if account.silent:
            were = counted(account.silent, "record without money was", "records without money were")
            statement.remarks.append(f"{statement.place}: {were} left out.")


def _read_group(fields: Fields, currency: str) -> _Group:
    fields.take(), fields.take()
    status, day, _, named, modifier = (fields.take() for _ in range(5))
    refusal = _STATUSES.get(status, "") or _MODIFIERS.get(modifier, "")
    return _Group(_day(day), named.upper() or currency, refusal)


def _day(text: str) -> date | None:
    """YYMMDD, as the format has it; YYYYMMDD, as some banks write it."""
    if not (text.isascii() and text.isdigit() and len(text) in (6, 8)):
        return None
    year = int(text[:-4]) if len(text) == 8 else 2000 + int(text[:2])
    try:
        return date(year, int(text[-4:-2]), int(text[-2:]))
    except ValueError:
        return None


def _amount(text: str, currency: str) -> Money:
    """Raises UnfitError, and MoneyError for a currency that is none."""
    if not _AMOUNT.fullmatch(text):
        raise UnfitError(f"{text[:40]!r} is not an amount without a decimal point")
    return Money(Decimal(int(text)).scaleb(-minor_units(currency)), currency).rounded()


def _direction(code: str) -> int:
    """+1 for money to the account. Raises UnfitError for a code that is no single movement."""
    number = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0
    if any(number in codes for codes in _CREDITS):
        return 1
    if any(number in codes for codes in _DEBITS):
        return -1
    if number in (100, 400):
        raise UnfitError(f"the type code {code} is a total and no entry")
    raise UnfitError(f"the type code {code[:10]!r} does not say whether money came or went")

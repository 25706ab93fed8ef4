"""OFX statements, 1.x and 2.x: the entries of each account. Pure.

Amounts are signed from the account's side. FITID is the bank's id of an entry, unique within the
account: an entry that comes again under it is the same one, however it is worded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from integrations.connectors.bank_file.dates import ofx_day
from integrations.connectors.bank_file.ofx_tags import Tag, tags_of
from integrations.connectors.bank_file.statements import (
    Entry,
    Found,
    Statement,
    Unfit,
    UnfitError,
    counted,
    read_money,
)
from integrations.money import Money

STATEMENTS: Final = frozenset({"STMTRS", "CCSTMTRS"})
ACCOUNTS: Final = frozenset({"BANKACCTFROM", "CCACCTFROM"})
ENTRY: Final = "STMTTRN"
PENDING: Final = "STMTTRNP"
#: What has fields of its own inside an entry, some named as the entry's are.
_INNER: Final = frozenset({"PAYEE", "CURRENCY", "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO"})
#: A second one of these would leave open which is meant.
_ONCE: Final = ("FITID", "TRNAMT", "DTPOSTED")
_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]{1,15}(?:[.,][0-9]{0,5})?|[.,][0-9]{1,5})")
_SIGNS: Final = {"CREDIT": 1, "DEBIT": -1}


def read_ofx(body: bytes, currency: str, zone: ZoneInfo | None) -> Found:
    """Every account's statement. `currency` is that of accounts that name none.

    Raises UnreadableError for what is not to be trusted.
    """
    reader = _Reader(currency, zone)
    for tag in tags_of(body):
        reader.see(tag)
    reader.finish()
    return reader.found


@dataclass(slots=True)
class _Raw:
    """An entry's fields by name, those of an inner part behind the part's name and a dot."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    inner: str = ""

    def see(self, tag: Tag) -> None:
        if tag.name in _INNER and not tag.text:
            self.inner = "" if tag.is_end else f"{tag.name}."
        elif not tag.is_end:
            name = f"{self.inner}{tag.name}"
            if self.fields.setdefault(name, tag.text) != tag.text:
                self.twice.add(name)

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(slots=True)
class _Reader:
    currency: str
    zone: ZoneInfo | None
    found: Found = field(default_factory=Found)
    statement: Statement | None = None
    entry: _Raw | None = None
    is_account: bool = False
    pending: int = 0
    is_ended: bool = False

    def see(self, tag: Tag) -> None:
        if tag.name == ENTRY:
            self._end_entry()
            self.entry = None if tag.is_end else _Raw(tag.line)
        elif tag.name in STATEMENTS:
            self._end_statement()
            if not tag.is_end:
                self.statement = Statement(f"The statement in line {tag.line}", "", self.currency)
        elif tag.name in ("BANKTRANLIST", "OFX"):
            self._end_entry()
            self.is_ended = tag.is_end and tag.name == "OFX"
        elif self.entry is not None:
            self.entry.see(tag)
        elif tag.name == PENDING:
            self.pending += not tag.is_end
        elif self.statement is not None:
            self._of_statement(tag, self.statement)

    def _of_statement(self, tag: Tag, statement: Statement) -> None:
        if tag.name in ACCOUNTS:
            self.is_account = not tag.is_end
        elif tag.is_end:
            return
        elif tag.name == "CURDEF":
            statement.currency = tag.text.upper()
        elif tag.name == "ACCTID" and self.is_account and not statement.account:
            statement.account = tag.text

    def finish(self) -> None:
        """An entry without its end is the last thing of a file that was cut off."""
        if self.entry is not None:
            reason = "the file breaks off here, so the entry may not be whole"
            line, self.entry = self.entry.line, None
            self.found.add(Unfit(f"line {line}", line, reason), self.statement)
        self._end_statement()
        if not self.is_ended:
            self.found.warnings.append("The file has no end (</OFX>): it may be cut off.")

    def _end_statement(self) -> None:
        self._end_entry()
        statement, self.statement, self.is_account = self.statement, None, False
        if statement is None:
            return
        if self.pending:
            left = counted(self.pending, "entry", "entries")
            statement.remarks.append(f"{statement.place}: {left} left out, not booked yet.")
        self.pending = 0
        self.found.statements.append(statement)

    def _end_entry(self) -> None:
        raw, self.entry = self.entry, None
        if raw is None:
            return
        name = raw.get("FITID")
        place = f"line {raw.line}, FITID {name[:40]}" if name else f"line {raw.line}"
        if self.statement is None:
            self.found.add(Unfit(place, raw.line, "it stands in no bank statement"), None)
            return
        try:
            entry = _entry(raw, place, self.statement.currency, self.zone)
        except UnfitError as error:
            self.found.add(Unfit(place, raw.line, str(error)), self.statement)
        else:
            self.found.add(entry, self.statement)


def _entry(raw: _Raw, place: str, currency: str, zone: ZoneInfo | None) -> Entry:
    """Raises UnfitError, with a sentence that does not say the place."""
    for name in _ONCE:
        if name in raw.twice:
            raise UnfitError(f"it has more than one {name}")
    if corrected := raw.get("CORRECTFITID"):
        action = raw.get("CORRECTACTION")[:20].lower() or "correct"
        raise UnfitError(f"the bank wants to {action} the entry {corrected[:40]}; see to it there")
    return Entry(
        place=place,
        number=raw.line,
        booked_on=_day(raw, zone),
        amount=_amount(raw, currency),
        description=_description(raw),
        reference=raw.get("REFNUM") or raw.get("CHECKNUM"),
        bank_ref=raw.get("FITID"),
        is_id=bool(raw.get("FITID")),
    )


def _day(raw: _Raw, zone: ZoneInfo | None) -> date:
    return ofx_day(raw.get("DTPOSTED"), zone)


def _amount(raw: _Raw, currency: str) -> Money:
    text = raw.get("TRNAMT")
    if not _AMOUNT.fullmatch(text):
        raise UnfitError(f"{text[:40]!r} is not an amount")
    other = raw.get("CURRENCY.CURSYM").upper()
    if other and other != currency:
        raise UnfitError(f"it is in {other[:10]}, its account in {currency[:10]}")
    amount = read_money(text.replace(",", "."), currency)
    kind = raw.get("TRNTYPE").upper()
    if amount.amount * _SIGNS.get(kind, 0) < 0:
        raise UnfitError(f"{text[:40]!r} and the type {kind} say different directions")
    return amount


def _description(raw: _Raw) -> str:
    """Name and text; some banks repeat the one at the beginning of the other."""
    name = raw.get("NAME") or raw.get("PAYEE.NAME")
    memo = raw.get("MEMO")
    if memo.casefold().startswith(name.casefold()):
        return memo or raw.get("TRNTYPE") or "No text"
    return f"{name} {memo}".strip()

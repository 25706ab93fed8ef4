"""CAMT.053 statements (ISO 20022) of every version: streamed, one entry at a time. Pure.

Versions differ in the namespace and in where a few texts stand, so names are read without their
namespace. A document type or an entity is refused before anything of it is looked up.
"""

from __future__ import annotations

import io
from collections import Counter
from typing import Final
from xml.etree.ElementTree import Element, ParseError  # types; defusedxml does the parsing
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from integrations.connectors.bank_file.camt053_entries import read_entry, signed, text_at
from integrations.connectors.bank_file.statements import (
    Found,
    Statement,
    Unfit,
    UnfitError,
    counted,
)
from integrations.errors import UnreadableError
from integrations.money import Money

#: A statement is some fifteen elements deep.
DEEPEST: Final = 100
_NO_TYPE: Final = "The file declares a document type or entities, as no statement does; refused."


def read_camt053(body: bytes, currency: str, zone: ZoneInfo | None) -> Found:
    """Every statement. `currency` is that of accounts that name none.

    Raises UnreadableError for what is no well-formed XML, or is not to be trusted.
    """
    reader = _Reader(currency, zone)
    try:
        for event, element in iterparse(io.BytesIO(body), ("start", "end"), forbid_dtd=True):
            reader.see(event, element)
    except DefusedXmlException as error:
        raise UnreadableError(_NO_TYPE) from error
    except ParseError as error:
        said = f"The file is no well-formed XML, or it was cut off: {error}."
        raise UnreadableError(said) from error
    except (ValueError, LookupError) as error:
        raise UnreadableError("The file is in an encoding that cannot be read.") from error
    return reader.found


class _Reader:
    """Keeps nothing of an entry once it is read."""

    def __init__(self, currency: str, zone: ZoneInfo | None) -> None:
        self.found = Found()
        self._currency = currency
        self._zone = zone
        self._path: list[Element] = []
        self._statement = Statement("", "", "")
        self._seen = 0
        self._numbers = 0
        self._waiting: Counter[str] = Counter()

    def see(self, event: str, element: Element) -> None:
        if event == "start":
            element.tag = element.tag.rpartition("}")[2]
            self._path.append(element)
            if len(self._path) > DEEPEST:
                raise UnreadableError("The file is nested deeper than any statement.")
            if element.tag == "Stmt":
                self._begin()
            return
        self._path.pop()
        if element.tag == "Ntry" and self._path:
            self._entry(element)
            self._path[-1].remove(element)
        elif element.tag == "Stmt" and self._path:
            self._end(element)
            self._path[-1].remove(element)

    def _begin(self) -> None:
        if any(each.tag == "Stmt" for each in self._path[:-1]):
            raise UnreadableError("The file has a statement within a statement.")
        self._statement = Statement("", "", "")
        self._seen = 0
        self._waiting = Counter()

    def _entry(self, element: Element) -> None:
        self._numbers += 1
        self._seen += 1
        if self._path[-1].tag != "Stmt":
            reason = "it stands in no statement"
            self.found.add(Unfit(f"entry {self._numbers}", self._numbers, reason), None)
            return
        try:
            read = read_entry(element, self._numbers, self._zone)
        except UnfitError as error:
            place = f"entry {self._numbers}"
            if reference := text_at(element, "AcctSvcrRef") or text_at(element, "NtryRef"):
                place += f" ({reference[:40]})"
            self.found.add(Unfit(place, self._numbers, str(error)), self._statement)
            return
        if not read.lines:
            self._waiting[read.status] += 1
        if read.note:
            self._statement.warnings.append(read.note)
        for line in read.lines:
            self.found.add(line, self._statement)

    def _end(self, element: Element) -> None:
        statement = self._statement
        name = text_at(element, "Id")[:40]
        statement.place = f"Statement {name}" if name else "The statement"
        statement.account = text_at(element, "Acct/Id/IBAN") or text_at(element, "Acct/Id/Othr/Id")
        balance = element.find("Bal/Amt")
        named = "" if balance is None else balance.get("Ccy", "")
        statement.currency = text_at(element, "Acct/Ccy") or named or self._currency
        statement.opening, statement.closing = _balances(element, statement)
        statement.remarks += (
            f"{statement.place}: {counted(number, 'entry', 'entries')} left out, not booked yet"
            f" ({status})."
            for status, number in self._waiting.items()
        )
        self._count(element, statement)
        _refuse_other_currencies(statement)
        self.found.statements.append(statement)

    def _count(self, element: Element, statement: Statement) -> None:
        """Whether there are as many entries as the statement says."""
        stated = text_at(element, "TxsSummry/TtlNtries/NbOfNtries")
        if stated.isascii() and stated.isdigit() and stated.lstrip("0") != f"{self._seen or ''}":
            said = f"it says that it has {stated[:12]} entries, and has {self._seen}."
            statement.warnings.append(f"{statement.place}: {said}")


def _balances(element: Element, statement: Statement) -> tuple[Money | None, Money | None]:
    """Opening and closing balance; of a statement in pages the interim ones stand for them."""
    found: dict[str, Money] = {}
    interim: list[Money] = []
    for balance in element.findall("Bal"):
        code = text_at(balance, "Tp/CdOrPrtry/Cd")
        if code not in ("OPBD", "PRCD", "CLBD", "ITBD"):
            continue
        try:
            amount = signed(balance)
        except UnfitError as error:
            statement.warnings.append(f"{statement.place}: of the balance {code}, {error}.")
            continue
        if amount.currency != statement.currency:
            continue
        if code == "ITBD":
            interim.append(amount)
        else:
            found.setdefault(code, amount)
    opening = found.get("OPBD", found.get("PRCD"))
    if opening is None and interim:
        opening = interim.pop(0)
    return opening, found.get("CLBD", interim[-1] if interim else None)


def _refuse_other_currencies(statement: Statement) -> None:
    """An entry in another currency than its account's is none that could be added up."""
    for place, entry in enumerate(statement.entries):
        if not isinstance(entry, Unfit) and entry.amount.currency != statement.currency:
            reason = f"it is in {entry.amount.currency}, its account in {statement.currency[:10]}"
            statement.entries[place] = Unfit(entry.place, entry.number, reason)

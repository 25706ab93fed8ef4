"""What every format is read into: statements with their entries. Made into records here. Pure.

Amounts are signed from the account's side: money to the account is positive.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from integrations.canonical import FactKind, StatementLineRecord, Unreadable
from integrations.connectors.bank_file.config import TEXT, BankFileSettings, plain_number
from integrations.contracts import Parsed
from integrations.errors import UnreadableError
from integrations.money import Money, MoneyError, total
from integrations.redactor import Redactor

#: Entries of one file; a larger one is split by whoever asks the bank for it.
MOST_ENTRIES: Final = 200_000
MOST_WARNINGS: Final = 20
#: What the guard leaves of a number that looked like a card's: no id of anything.
_REMOVED: Final = "["
_REDACTOR: Final = Redactor()


class UnfitError(ValueError):
    """This one entry cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement. `place` says in words where it stands in the file, `number` counts from 1.

    `bank_ref` is the bank's own reference of it; with `is_id` it is unique within the account, so
    that it alone, with day and amount, tells the entry from all others.
    """

    place: str
    number: int
    booked_on: date
    amount: Money
    description: str
    reference: str
    bank_ref: str = ""
    is_id: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """An entry that cannot be read, and why."""

    place: str
    number: int
    reason: str


@dataclass(slots=True)
class Statement:
    """One account over one period.

    `warnings` say what is wrong with it as a whole, `remarks` what was rightly left out of it.
    """

    place: str
    account: str
    currency: str
    opening: Money | None = None
    closing: Money | None = None
    entries: list[Entry | Unfit] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """All that a file holds. `loose` are entries that stand in no statement."""

    statements: list[Statement] = field(default_factory=list)
    loose: list[Entry | Unfit] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, entry: Entry | Unfit, statement: Statement | None) -> None:
        """Raises UnreadableError when there are too many."""
        self.count += 1
        if self.count > MOST_ENTRIES:
            raise UnreadableError(f"The file holds more than {MOST_ENTRIES:,} entries; split it.")
        (statement.entries if statement is not None else self.loose).append(entry)


def read_money(text: str, currency: str) -> Money:
    """Raises UnfitError with a sentence that quotes what was read."""
    try:
        return Money.parse(text, currency)
    except MoneyError as error:
        raise UnfitError(str(error).rstrip(".")) from None


def parsed(found: Found, settings: BankFileSettings) -> Parsed:
    """The records of this connection's account, in file order, and what is to be said of the file.

    Raises UnreadableError for a file of another account or in another currency.
    """
    ours = _ours(found.statements, settings)
    reader = _Records(settings.reference_from == TEXT)
    records = [reader.read(entry) for entry in found.loose]
    balances: list[str] = []
    for statement in ours:
        read = [reader.read(entry) for entry in statement.entries]
        records += read
        balances += _balance(statement, read)
    said = [*balances, *found.warnings, *(text for each in ours for text in each.warnings)]
    remarks = [text for each in ours for text in each.remarks]
    remarks += _left_out([each for each in found.statements if each not in ours])
    return Parsed(
        records,
        [_said(text) for text in said[:MOST_WARNINGS]],
        [_said(text) for text in remarks[:MOST_WARNINGS]],
        is_checked=all(each.opening is not None and each.closing is not None for each in ours),
    )


def counted(number: int, one: str, many: str) -> str:
    """`1 entry was`, `2 entries were`."""
    return f"{number} {one if number == 1 else many}"


def _ours(statements: Sequence[Statement], settings: BankFileSettings) -> list[Statement]:
    if not statements:
        raise UnreadableError("The file holds no statement of an account.")
    number = plain_number(settings.account_number)
    mine = [each for each in statements if plain_number(each.account) == number]
    if not mine:
        found = ", ".join(sorted({each.account[:40] or "none" for each in statements})[:5])
        mine_is = f"this connection is of account {settings.account_number}."
        raise UnreadableError(_said(f"The file is of account {found}; {mine_is}"))
    same = [each for each in mine if each.currency == settings.currency]
    if not same:
        found = ", ".join(sorted({each.currency[:10] or "none" for each in mine})[:5])
        said = f"The file is in {found}; this connection is in {settings.currency}."
        raise UnreadableError(_said(said))
    return same


def _left_out(others: Sequence[Statement]) -> list[str]:
    """What the file holds of other accounts, in one sentence."""
    number = sum(len(each.entries) for each in others)
    if not number:
        return []
    accounts = sorted({f"{each.account[:40]} in {each.currency[:10]}" for each in others})
    named = f"account {accounts[0]}" if len(accounts) == 1 else f"{len(accounts)} other accounts"
    were = counted(number, "entry was", "entries were")
    return [f"{were} left out, of {named}: this connection reads one account."]


def _balance(statement: Statement, read: Sequence[StatementLineRecord | Unreadable]) -> list[str]:
    """Whether the opening balance and the entries come to the closing balance."""
    if statement.opening is None or statement.closing is None:
        return []
    amounts = [each.amount for each in read if isinstance(each, StatementLineRecord)]
    due = statement.opening + total(amounts, statement.currency)
    if due == statement.closing:
        return []
    bad = len(read) - len(amounts)
    entries = counted(len(read), "entry", "entries")
    sentence = (
        f"{statement.place}: the opening balance {statement.opening} and {entries} come to {due},"
        f" but the closing balance is {statement.closing}, which differs by"
        f" {statement.closing - due}."
    )
    return [f"{sentence} {bad} of them cannot be read." if bad else sentence]


@dataclass(slots=True)
class _Records:
    """Makes records, and counts the equals of a day so that true twins stay two."""

    from_text: bool
    seen: Counter[tuple[object, ...]] = field(default_factory=Counter)

    def read(self, entry: Entry | Unfit) -> StatementLineRecord | Unreadable:
        if isinstance(entry, Unfit):
            return _unreadable(entry.place, entry.number, entry.reason)
        texts = entry.description, entry.reference, entry.bank_ref
        if any(map(_is_no_text, texts)):
            reason = "it holds a character that is not text"
            return _unreadable(entry.place, entry.number, reason)
        description, reference, bank_ref = (" ".join(text.split()) for text in texts)
        return self._record(
            replace(entry, description=description, reference=reference, bank_ref=bank_ref)
        )

    def _record(self, entry: Entry) -> StatementLineRecord:
        known = [entry.booked_on.isoformat(), entry.amount.text, entry.bank_ref]
        occurrence = 1
        if not entry.is_id or _REMOVED in entry.bank_ref:
            known += [entry.description, entry.reference]
            self.seen[tuple(known)] += 1
            occurrence = self.seen[tuple(known)]
        return StatementLineRecord(
            external_id=_fingerprint([*known, occurrence]),
            line_number=entry.number,
            booked_on=entry.booked_on,
            description=entry.description,
            reference=entry.description if self.from_text else entry.reference,
            amount=entry.amount,
            balance=None,
            occurrence=occurrence,
        )


def _fingerprint(parts: Sequence[object]) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _unreadable(place: str, number: int, reason: str) -> Unreadable:
    return Unreadable(number, _said(f"{place}: {reason}"), "", FactKind.BANK_LINE)


def _said(text: str) -> str:
    """A sentence that can be stored and shown whatever the file held."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return _REDACTOR.clean(shown)


def _is_no_text(text: str) -> bool:
    """NUL and half characters cannot be stored."""
    return any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)

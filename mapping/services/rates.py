"""Tables of exchange rates: brought in from a file after a look, never changed afterwards."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import guard
from audit import services as audit
from audit.roles import Duty, require
from integrations.locks import transaction_lock
from mapping.models import ExchangeRate
from mapping.services.rulesets import RuleSetError

LARGEST: Final = 1024 * 1024
MOST_ROWS: Final = 10_000
#: One file at a time is taken: the checks hold for what is there when its rates are added.
LOCK: Final = "exchange-rates"
COLUMNS: Final = ("table", "from", "to", "valid from", "rate")


@dataclass(frozen=True, slots=True)
class RateLine:
    """A line of a file. `word` is New, Known (the same rate is there) or Refused, with `why`."""

    line: int
    word: str
    why: str
    rate: ExchangeRate | None = None


def check(text: str) -> list[RateLine]:
    """What each line of a file would do. Raises RuleSetError for a file that is none of rates."""
    if len(text) > LARGEST:
        raise RuleSetError("The file is larger than 1 MB; split it.")
    if guard.inspect_text(text).findings:
        raise RuleSetError("The file holds what looks like a card number. Nothing was kept.")
    lines = list(_lines(text))
    tables = {values[0] for _, values in lines}
    known = {
        _key(each): each.rate for each in ExchangeRate.objects.filter(table__in=tables).iterator()
    }
    found = []
    for line, values in lines:
        each = _checked(line, values, known)
        if each.rate is not None:
            known[_key(each.rate)] = each.rate.rate
        found.append(each)
    return found


def load(user: User, text: str, origin: str) -> int:
    """Add the new rates of a file, all or none; answers with how many. Raises RuleSetError."""
    require(user, Duty.EDIT_RULES, ("rates", "file"))
    if not origin.strip():
        raise RuleSetError("Say where the rates are from.")
    with transaction.atomic():
        # Who loads at the same time waits here, and then finds what the other one has added.
        transaction_lock(LOCK)
        lines = check(text)
        refused = [line for line in lines if line.word == "Refused"]
        if refused:
            told = f"Line {refused[0].line} is refused: {refused[0].why}"
            raise RuleSetError(f"{told} Nothing was taken.")
        new = [line.rate for line in lines if line.rate is not None]
        actor = audit.user_actor(user)
        for rate in new:
            rate.origin, rate.added_by = origin.strip()[:120], actor
        ExchangeRate.objects.bulk_create(new)
        if new:
            tables = sorted({rate.table for rate in new})
            audit.record(
                "rates.loaded",
                ("rates", ", ".join(tables)[:60]),
                actor=actor,
                summary=f"{len(new)} exchange rates were added to {', '.join(tables)}."[:300],
                details={"origin": origin, "rates": [str(rate) for rate in new]},
            )
    return len(new)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    is_headed = False
    try:
        for line, cells in enumerate(reader, start=1):
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if not is_headed:
                if tuple(value.casefold() for value in values) != COLUMNS:
                    raise RuleSetError(f"The first line has to be: {','.join(COLUMNS)}.")
                is_headed = True
                continue
            if line > MOST_ROWS:
                raise RuleSetError(f"The file has more than {MOST_ROWS:,} lines.")
            yield line, [*values, *[""] * len(COLUMNS)][: len(COLUMNS)]
    except csv.Error as error:
        raise RuleSetError(f"The file cannot be read as CSV: {error}.") from error
    if not is_headed:
        raise RuleSetError("The file is empty.")


_Key = tuple[str, str, str, date]


def _key(rate: ExchangeRate) -> _Key:
    return rate.table, rate.source, rate.target, rate.valid_on


def _checked(line: int, values: Sequence[str], known: dict[_Key, Decimal]) -> RateLine:
    try:
        rate = _rate(values)
    except RuleSetError as error:
        return RateLine(line, "Refused", str(error))
    there = known.get(_key(rate))
    if there is None:
        return RateLine(line, "New", "", rate)
    if there == rate.rate:
        return RateLine(line, "Known", "The same rate is there already.")
    why = f"{rate.table} has {there.normalize():f} for that day, and a rate is never changed."
    return RateLine(line, "Refused", why)


def _rate(values: Sequence[str]) -> ExchangeRate:
    table, source, target, valid_on, rate = values
    for code in (source, target):
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise RuleSetError(f"{code or 'Nothing'} is no currency; write three letters.")
    try:
        day, number = date.fromisoformat(valid_on), Decimal(rate)
    except ValueError as error:
        raise RuleSetError(f"{valid_on or 'Nothing'} is no day such as 2011-02-14.") from error
    except InvalidOperation as error:
        raise RuleSetError(f"{rate or 'Nothing'} is no rate such as 1.0842.") from error
    if not number.is_finite() or number <= 0 or source.upper() == target.upper():
        raise RuleSetError("A rate is above zero, between two currencies.")
    made = ExchangeRate(
        table=table, source=source.upper(), target=target.upper(), valid_on=day, rate=number
    )
    try:
        made.clean_fields(exclude=["origin", "added_by"])
    except ValidationError as error:
        raise RuleSetError(" ".join(error.messages)) from error
    return made

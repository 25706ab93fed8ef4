"""Payments that look unusual: what a row asks of a payment's figures, and how far it goes.

Every figure can be said in a sentence: an amount, a count in so many hours, the middle of what a
customer paid before. Where a figure is not known its condition does not hold. Pure: what came
before a payment is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from statistics import median
from typing import Final

from integrations.money import Money
from mapping.rules.rows import Row, plain, same

#: So many earlier payments of a card, or of a payer, are looked at; more are "so many or more".
MOST_BEFORE: Final = 50
#: Of so many of the payer's last payments the usual amount is the median; of fewer than the least
#: nothing is usual.
USUAL_OF: Final = 20
LEAST_FOR_USUAL: Final = 5


class Level(StrEnum):
    """`pass`: nothing is said, and no row below is asked."""

    PASS = "pass"
    FLAG = "flag"
    HOLD = "hold"
    BLOCK = "block"


LEVEL_WORDS: Final[Mapping[Level, str]] = {
    Level.PASS: "let it pass",
    Level.FLAG: "flag it: post it and show it to a person",
    Level.HOLD: "hold it until a person releases or refuses it",
    Level.BLOCK: "block it: nothing of it reaches a customer before a person releases it",
}


def as_figure(value: object) -> str:
    """A number in one spelling, however it is stored or typed; empty for none."""
    text = "" if value is None else str(value)
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return same(text)


@dataclass(frozen=True, slots=True)
class RiskRow(Row):
    """None asks for nothing. Amounts are in major units of the payment's currency.

    `within_hours` goes with the counts; hours of the day are of the pair's time zone, and 22 to 6
    is a night.
    """

    level: str
    why: str = ""
    method: str = ""
    currency: str = ""
    customer_ref: str = ""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    times_usual: Decimal | None = None
    earlier_to: int | None = None
    same_card: int | None = None
    same_payer: int | None = None
    within_hours: int | None = None
    hour_from: int | None = None
    hour_to: int | None = None

    WORD = "risk"
    CONDITIONS = (
        *("method", "currency", "customer_ref", "amount_from", "amount_to", "times_usual"),
        *("earlier_to", "same_card", "same_payer", "within_hours", "hour_from", "hour_to"),
    )
    OUTCOMES = ("level", "why")
    COMPARED_BY = {
        "method": plain,
        **dict.fromkeys(("amount_from", "amount_to", "times_usual", "earlier_to"), as_figure),
        **dict.fromkeys(("same_card", "same_payer", "within_hours"), as_figure),
        **dict.fromkeys(("hour_from", "hour_to"), as_figure),
    }

    @property
    def summary(self) -> str:
        asked = []
        for name in self.CONDITIONS:
            value = getattr(self, name)
            if value not in ("", None):
                is_text = isinstance(value, str)
                asked.append(value if is_text else f"{name} {as_figure(value)}")
        return f"{' '.join(asked) or 'any'} → {self.level}"


@dataclass(frozen=True, slots=True)
class History:
    """What came before a payment; None where nobody looked, or there is nothing to look by.

    `by_card` and `by_payer` are the moments of the latest ones, the newest first, `most` of them
    at most; `paid` the payer's last amounts in the payment's currency, without what is held.
    `hour` is the hour of the day at which it was captured.
    """

    by_card: tuple[datetime, ...] | None = None
    by_payer: tuple[datetime, ...] | None = None
    paid: tuple[Decimal, ...] | None = None
    hour: int | None = None
    most: int = MOST_BEFORE


@dataclass(frozen=True, slots=True)
class Weighed:
    """A payment as it is weighed; `at` is aware, None where nobody says when it was captured."""

    amount: Money
    method: str = ""
    customer_ref: str = ""
    at: datetime | None = None
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Figure:
    """One condition of a row: what it asks for beside what the payment has."""

    name: str
    wanted: str
    found: str
    holds: bool


def in_words(found: Iterable[Figure]) -> str:
    """What was found beside what was asked for, condition by condition; empty for none."""
    return "; ".join(f"{each.name}: {each.found} (asked: {each.wanted})" for each in found)


@dataclass(frozen=True, slots=True)
class Fired:
    """The row that holds, and each figure that made it hold."""

    row: RiskRow
    figures: tuple[Figure, ...]

    @property
    def level(self) -> Level:
        return Level(self.row.level)


def most_asked(rows: Iterable[RiskRow]) -> int:
    """How many earlier payments tell everything that the rows ask for."""
    asked = (
        max(
            row.same_card or 0,
            row.same_payer or 0,
            0 if row.earlier_to is None else row.earlier_to + 1,
            0 if row.times_usual is None else USUAL_OF,
        )
        for row in rows
    )
    return min(max(asked, default=0), MOST_BEFORE)


def choose(rows: Sequence[RiskRow], weighed: Weighed) -> Fired | None:
    """The first row whose conditions all hold."""
    for row in rows:
        if all(figure.holds for figure in figures(row, weighed)):
            return Fired(row, tuple(figures(row, weighed)))
    return None


def figures(row: RiskRow, weighed: Weighed) -> Iterator[Figure]:
    """What a row asks for and what the payment has, condition by condition."""
    yield from _texts(row, weighed)
    yield from _amounts(row, weighed)
    yield from _before(row, weighed.history)
    yield from _counts(row, weighed)
    yield from _hours(row, weighed.history)


def _texts(row: RiskRow, weighed: Weighed) -> Iterator[Figure]:
    asked = (
        ("Card or method", row.method, weighed.method, plain),
        ("Currency", row.currency, weighed.amount.currency, same),
        ("Customer at the gateway", row.customer_ref, weighed.customer_ref, same),
    )
    for name, wanted, found, compared in asked:
        if wanted:
            yield Figure(name, wanted, found or "none", compared(wanted) == compared(found))


def _amounts(row: RiskRow, weighed: Weighed) -> Iterator[Figure]:
    amount = weighed.amount
    if row.amount_from is not None:
        holds = amount.amount >= row.amount_from
        yield Figure("Amount", f"{_money(row.amount_from, amount)} or more", str(amount), holds)
    if row.amount_to is not None:
        holds = amount.amount <= row.amount_to
        yield Figure("Amount", f"{_money(row.amount_to, amount)} or less", str(amount), holds)
    if row.times_usual is not None:
        yield _unusual(row.times_usual, amount, weighed.history.paid)


def _money(number: Decimal, like: Money) -> Money:
    return Money(number, like.currency).rounded()


def _unusual(times: Decimal, amount: Money, paid: Sequence[Decimal] | None) -> Figure:
    """How many times the median of what the payer paid before."""
    name = "Times the usual amount"
    wanted = f"more than {as_figure(times)} times"
    if paid is None or len(paid) < LEAST_FOR_USUAL:
        known = "not known" if paid is None else f"only {len(paid)} payments before"
        return Figure(name, wanted, f"{known}, so nothing is usual", False)
    last = paid[:USUAL_OF]
    usual = median(last)
    if usual <= 0:
        return Figure(name, wanted, "the usual amount is nothing", False)
    ratio = (amount.amount / usual).quantize(Decimal("0.1"))
    found = f"{ratio} times {_money(usual, amount)}, the median of the last {len(last)} payments"
    return Figure(name, wanted, found, amount.amount > times * usual)


def _before(row: RiskRow, history: History) -> Iterator[Figure]:
    if row.earlier_to is None:
        return
    known = None if history.by_payer is None else len(history.by_payer)
    more = " or more" if known == history.most else ""
    found = "not known" if known is None else f"{known}{more}"
    holds = known is not None and known <= row.earlier_to
    yield Figure("Payments of this payer before", f"{row.earlier_to} at most", found, holds)


def _counts(row: RiskRow, weighed: Weighed) -> Iterator[Figure]:
    asked = (
        ("Payments by this card", row.same_card, weighed.history.by_card),
        ("Payments of this payer", row.same_payer, weighed.history.by_payer),
    )
    for name, least, moments in asked:
        if least is None or row.within_hours is None:
            continue
        hours = "1 hour" if row.within_hours == 1 else f"{row.within_hours} hours"
        wanted = f"{least} or more within {hours}"
        if moments is None or weighed.at is None:
            yield Figure(name, wanted, "not known", False)
            continue
        since = weighed.at - timedelta(hours=row.within_hours)
        count = 1 + sum(moment > since for moment in moments)
        more = " or more" if count > weighed.history.most else ""
        yield Figure(name, wanted, f"{count}{more}, this one included", count >= least)


def _hours(row: RiskRow, history: History) -> Iterator[Figure]:
    if row.hour_from is None or row.hour_to is None:
        return
    wanted = f"from {row.hour_from}:00 to {row.hour_to}:00"
    if history.hour is None:
        yield Figure("Time of day", wanted, "not known", False)
        return
    found = f"between {history.hour}:00 and {history.hour + 1}:00"
    yield Figure("Time of day", wanted, found, is_between(history.hour, row.hour_from, row.hour_to))


def is_between(hour: int, start: int, end: int) -> bool:
    """Whether an hour of the day lies in a span that may go over midnight."""
    return start <= hour < end if start < end else hour >= start or hour < end

"""The nothing-missing statement of one gateway and one business day: how it adds up. Pure.

An *event* is a fact that reached us on the day, other than a repeat, or one that the gateway's own
reports name and that has not reached us. It is accounted for once it has its end: booked, ignored
by a named rule, or on the desk. Then the statement is true however the event came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

RECEIVED: Final = "received"
DUPLICATE: Final = "duplicate"
WEBHOOK: Final = "webhook"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`count` facts of one kind that came one way and ended one way, by one rule."""

    kind: str
    source: str
    end: str
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class BatchTold:
    """A settlement batch that closed on the day: what the gateway reports, and what is here.

    `reported` is None while no report of the gateway names it. Amounts are magnitudes.
    """

    pk: int
    vendor_ref: str
    here: int
    sales: Decimal
    refunds: Decimal
    currency: str
    reported: int | None = None
    reported_sales: Decimal | None = None
    reported_refunds: Decimal | None = None

    @property
    def missing(self) -> int:
        """Transactions that the report counts and that are not here."""
        return max(0, (self.reported or 0) - self.here)

    @property
    def unreported(self) -> int:
        """Transactions that say they are in this batch, beyond what its report counts."""
        return self.here if self.reported is None else max(0, self.here - self.reported)

    @property
    def agrees(self) -> bool:
        told = (self.reported, self.reported_sales, self.reported_refunds)
        return told == (self.here, self.sales, self.refunds)


@dataclass(frozen=True, slots=True)
class Polls:
    """How a stream was read: slots of the day by what became of them."""

    stream: str
    expected: int
    in_time: int
    made_good: int
    gaps: tuple[datetime, ...] = ()

    @property
    def open(self) -> int:
        return len(self.gaps)


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement of the day whose transaction has not been read; `end` is its own."""

    fact_id: int
    vendor_id: str
    end: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One day of one gateway. `is_over`: the day has ended by the business clock."""

    day: date
    is_over: bool
    arrivals: Sequence[Arrivals] = ()
    batches: Sequence[BatchTold] = ()
    polls: Sequence[Polls] = ()
    announced: Sequence[Announced] = ()
    unread: int = 0
    unreadable: int = 0

    @property
    def repeats(self) -> int:
        """Facts that say what another one said: each names its first."""
        return self._count(row for row in self.arrivals if row.end == DUPLICATE)

    @property
    def missing(self) -> int:
        """Named by the gateway's batch reports, and not here."""
        return sum(batch.missing for batch in self.batches)

    @property
    def without_end(self) -> int:
        return self._count(row for row in self.arrivals if row.end == RECEIVED) + self.unread

    @property
    def events(self) -> int:
        first = self._count(row for row in self.arrivals if row.end != DUPLICATE)
        return first + self.unread + self.unreadable + self.missing

    @property
    def accounted(self) -> int:
        return self.events - self.without_end - self.missing

    @property
    def open_polls(self) -> int:
        return sum(polls.open for polls in self.polls)

    @property
    def disagreeing(self) -> list[BatchTold]:
        return [batch for batch in self.batches if not batch.agrees]

    @property
    def all_accounted(self) -> bool:
        return not (self.missing or self.without_end or self.open_polls or self.disagreeing)

    @property
    def state(self) -> str:
        if not self.is_over:
            return "under_way"
        return "complete" if self.all_accounted else "incomplete"

    @property
    def headline(self) -> str:
        """`1,284 of 1,284 events accounted for`"""
        return f"{self.accounted:,} of {self.events:,} events accounted for"

    @property
    def why(self) -> list[str]:
        """What stands between the day and completeness, a sentence each."""
        cases = (
            (self.missing, "{} named by batch reports, and not here"),
            (self.without_end, "{} received, and without an end yet"),
            (len(self.disagreeing), "{} of the day's batches differ from their report"),
            (self.open_polls, "{} readings of the gateway are still to be made"),
        )
        return [words.format(f"{number:,}") for number, words in cases if number]

    def by_end(self) -> dict[str, int]:
        return self._sums("end")

    def by_source(self) -> dict[str, int]:
        return self._sums("source")

    def _sums(self, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.arrivals:
            found[getattr(row, name)] = found.get(getattr(row, name), 0) + row.count
        return found

    @staticmethod
    def _count(rows: Iterable[Arrivals]) -> int:
        return sum(row.count for row in rows)


def slots_between(start: datetime, end: datetime, every_minutes: int) -> list[datetime]:
    """Multiples of `every_minutes` since midnight UTC in [start, end)."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    step = timedelta(minutes=every_minutes)
    slots: list[datetime] = []
    while midnight < end:
        slot, next_day = midnight, midnight + timedelta(days=1)
        while slot < min(end, next_day):
            if slot >= start:
                slots.append(slot)
            slot += step
        midnight = next_day
    return slots


def polls_of(
    stream: str,
    slots: Sequence[datetime],
    read: frozenset[datetime],
    through: datetime | None,
    first: datetime | None,
) -> Polls:
    """What became of a day's slots.

    `read` are those that were read in their time; `through` is the newest slot that was read at
    all: a reading takes in everything since the one before, so what lies behind it is made good.
    Nothing is expected from before the `first` reading.
    """
    expected = [slot for slot in slots if first is None or slot >= first]
    in_time = sum(slot in read for slot in expected)
    gaps = tuple(slot for slot in expected if through is None or slot > through)
    return Polls(stream, len(expected), in_time, len(expected) - in_time - len(gaps), gaps)


@dataclass(frozen=True, slots=True)
class IdHint:
    """Numbers that a dense sequence of ids leaves out: a hint only, they may have other uses."""

    first: int
    last: int
    seen: int

    @property
    def left_out(self) -> int:
        return self.last - self.first + 1 - self.seen


def id_hint(first: str, last: str, seen: int, dense: Decimal = Decimal("0.9")) -> IdHint | None:
    """None where ids are no numbers, or too thin for their gaps to say anything."""
    if not (first.isdecimal() and last.isdecimal()) or seen < 2:
        return None
    hint = IdHint(int(first), int(last), seen)
    return hint if hint.left_out and Decimal(seen) / (seen + hint.left_out) >= dense else None

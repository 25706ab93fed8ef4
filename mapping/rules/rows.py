"""What every kind of rule has in common: ordered rows, conditions that are empty for "any".

A kind of rule is a frozen dataclass derived from `Row`. Its text fields that stand in `CONDITIONS`
say when it holds, those in `OUTCOMES` what follows; asking, explaining why a row did not fire,
finding rows that can never fire, forms, lists, spreadsheets and files follow from these two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar, TypeVar


def same(text: str) -> str:
    """How two texts are compared: upper and lower case are the same."""
    return text.strip().casefold()


def plain(text: str) -> str:
    """Letters and digits alone: 'Master-Card' and 'mastercard' are the same brand."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


@dataclass(frozen=True, slots=True)
class Row:
    """`position` is the row's place in the order: the first row whose conditions hold wins."""

    position: int

    #: What a row of this kind is called where it is named: "account 3: clearing → 1050".
    WORD: ClassVar[str] = "rule"
    #: Fields that are compared with what is asked; an empty one holds for everything.
    CONDITIONS: ClassVar[tuple[str, ...]] = ()
    #: Fields that say what follows.
    OUTCOMES: ClassVar[tuple[str, ...]] = ()
    #: Conditions that compare other than by `same`.
    COMPARED_BY: ClassVar[Mapping[str, Callable[[str], str]]] = {}

    @property
    def name(self) -> str:
        """Kind, place and outcome: what an effect remembers as the rule that fired."""
        return f"{self.WORD} {self.position}: {self.summary}"

    @property
    def summary(self) -> str:
        """What the row says, without its place."""
        when = " ".join(getattr(self, field) for field in self.CONDITIONS if getattr(self, field))
        then = " ".join(str(getattr(self, field)) for field in self.OUTCOMES)
        return f"{when or 'any'} → {then}"

    def failing(self, asked: Mapping[str, str]) -> tuple[str, ...]:
        """The conditions that do not hold for what is asked; none: the row holds."""
        return tuple(
            field
            for field in self.CONDITIONS
            if not self._holds(field, getattr(self, field), asked.get(field, ""))
        )

    def covers(self, other: Row) -> bool:
        """Whether this row holds wherever the other one of its kind does."""
        return all(
            self._holds(field, getattr(self, field), getattr(other, field))
            for field in self.CONDITIONS
        )

    @property
    def case(self) -> tuple[str, ...]:
        """The conditions as they are compared: two rows with one case are for the same thing."""
        return tuple(self._plain(field, getattr(self, field)) for field in self.CONDITIONS)

    def _holds(self, field: str, condition: str, value: str) -> bool:
        wanted = self._plain(field, condition)
        return not wanted or wanted == self._plain(field, value)

    def _plain(self, field: str, text: str) -> str:
        return self.COMPARED_BY.get(field, same)(text)


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class Tried:
    """A row that was asked: whether it fired, and else which of its conditions did not hold.

    `came_too_late`: it would have held, but an earlier row had fired already.
    """

    row: Row
    fired: bool
    failing: tuple[str, ...] = ()

    @property
    def came_too_late(self) -> bool:
        return not self.fired and not self.failing


def in_order(rows: Iterable[RowT]) -> list[RowT]:
    return sorted(rows, key=lambda row: row.position)


def first(rows: Iterable[RowT], asked: Mapping[str, str]) -> RowT | None:
    """The first row that holds; `asked` has the value of each condition, absent ones are empty."""
    return next((row for row in rows if not row.failing(asked)), None)


def tried(rows: Iterable[Row], asked: Mapping[str, str]) -> Iterator[Tried]:
    """Every row in order, with the reason why it fired or did not."""
    is_found = False
    for row in rows:
        failing = row.failing(asked)
        fires = not failing and not is_found
        is_found = is_found or fires
        yield Tried(row, fires, failing)


def shadowed(rows: Sequence[RowT]) -> list[tuple[RowT, RowT]]:
    """Rows that can never fire, each with the earliest row that takes all of its cases.

    A row is covered by one that asks for a part of what it asks: those parts are looked up, so that
    thousands of rows are no square of thousands.
    """
    found = []
    earliest: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(rows):
        above = [earliest[part] for part in _parts(row.case) if part in earliest]
        if above:
            found.append((row, rows[min(above)]))
        earliest.setdefault(row.case, place)
    return found


def _parts(case: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The case with each choice of its conditions left open."""
    return product(*(("",) if not value else ("", value) for value in case))

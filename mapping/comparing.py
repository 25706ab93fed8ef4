"""What a file would change in the rows of a kind: added, changed, moved, removed. Pure.

Rows are the same row where they ask for the same; of several that do, the first is the first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mapping.rules.rows import Row, same

Values = Mapping[str, str]


class Word(StrEnum):
    ADDED = "Added"
    CHANGED = "Changed"
    MOVED = "Moved"
    REMOVED = "Removed"
    SAME = "Same"


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row before and after; places count from 1, 0 where it is not there."""

    word: Word
    was: int
    place: int
    before: Values | None
    after: Values | None


def case_of(row_class: type[Row], values: Values) -> tuple[str, ...]:
    """What a row of these values asks for, as it is compared."""
    compared = row_class.COMPARED_BY
    return tuple(compared.get(name, same)(values.get(name, "")) for name in row_class.CONDITIONS)


def compare_rows(
    row_class: type[Row], before: Sequence[Values], after: Sequence[Values]
) -> list[RowChange]:
    """Every row of `after` in its order, then those of `before` that are gone."""
    waiting: dict[tuple[str, ...], deque[int]] = defaultdict(deque)
    for row, values in enumerate(before):
        waiting[case_of(row_class, values)].append(row)
    matched = [_take(waiting, case_of(row_class, values)) for values in after]
    staying = _longest_rising([at for at in matched if at is not None])
    changes = []
    for place, (values, at) in enumerate(zip(after, matched, strict=True), start=1):
        if at is None:
            changes.append(RowChange(Word.ADDED, 0, place, None, values))
            continue
        word = Word.SAME if at in staying else Word.MOVED
        if dict(before[at]) != dict(values):
            word = Word.CHANGED
        changes.append(RowChange(word, at + 1, place, before[at], values))
    gone = sorted(left for each in waiting.values() for left in each)
    return changes + [RowChange(Word.REMOVED, left + 1, 0, before[left], None) for left in gone]


def _take(waiting: dict[tuple[str, ...], deque[int]], case: tuple[str, ...]) -> int | None:
    found = waiting.get(case)
    return found.popleft() if found else None


def _longest_rising(places: Sequence[int]) -> frozenset[int]:
    """The most places that stand in their old order among each other: the others have moved."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(ends, place)
        before[place] = ends[at - 1] if at else None
        ends[at : at + 1] = [place]
    found: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        found.append(last)
        last = before[last]
    return frozenset(found)

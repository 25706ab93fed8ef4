"""What every rule row has: a place in the order, and conditions that are empty for "any"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Row(Protocol):
    @property
    def position(self) -> int: ...


RowT = TypeVar("RowT", bound=Row)


def holds(condition: str, value: str) -> bool:
    return not condition or condition.casefold() == value.casefold()


def in_order(rows: Iterable[RowT]) -> list[RowT]:
    return sorted(rows, key=lambda row: row.position)

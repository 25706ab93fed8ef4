"""BAI2 as records: physical lines with their numbers, joined with their continuations. Pure.

A record is a code of two digits and fields between commas; a slash ends its fields. A record 88
goes on with the fields of the one before it, or with its text. Blanks may fill lines up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from integrations.connectors.bank_file.statements import UnfitError

CONTINUATION: Final = "88"
_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")
_CODE: Final = re.compile(r"(\d\d)(?:,|$|/)")
#: Fields behind a funds type, which says when the money can be used.
_AVAILABILITY: Final = {"V": 2, "S": 3}
MOST_DISTRIBUTIONS: Final = 99


@dataclass(slots=True)
class Record:
    """`code` is empty where a line is no record. `number` is that of its first line."""

    number: int
    code: str
    segments: list[str] = field(default_factory=list)

    def fields(self) -> Fields:
        return Fields(self.segments)


class Fields:
    """The fields of a record one after another; those that are not there are empty."""

    def __init__(self, segments: list[str]) -> None:
        self._fields = [
            (place, text) for place, segment in enumerate(segments) for text in segment.split(",")
        ]
        self._at = 0

    @property
    def has_more(self) -> bool:
        return self._at < len(self._fields)

    def take(self) -> str:
        self._at += 1
        return self._fields[self._at - 1][1].strip() if self._at <= len(self._fields) else ""

    def skip_availability(self) -> None:
        """Past the funds type and what belongs to it. Raises UnfitError."""
        kind = self.take().upper()
        behind = _AVAILABILITY.get(kind, 0)
        if kind == "D":
            number = self.take()
            if not (number.isascii() and number.isdigit() and int(number) <= MOST_DISTRIBUTIONS):
                raise UnfitError(f"{number[:20]!r} is not a number of distributions")
            behind = 2 * int(number)
        elif kind not in ("", "0", "1", "2", "Z", *_AVAILABILITY):
            raise UnfitError(f"{kind[:20]!r} is not a funds type")
        self._at += behind

    def rest(self) -> str:
        """The text: all that is left, commas included; a continuation goes on behind a blank."""
        lines: dict[int, list[str]] = {}
        for place, text in self._fields[self._at :]:
            lines.setdefault(place, []).append(text)
        return " ".join(filter(None, (",".join(parts).strip(" ,") for parts in lines.values())))


def records_of(text: str) -> Iterator[Record]:
    """Records in file order; empty lines are left out."""
    last: Record | None = None
    for number, line in enumerate(_LINE_ENDS.split(text), start=1):
        plain = line.strip()
        if not plain:
            continue
        code = _CODE.match(plain)
        segment = plain.removesuffix("/")[3:] if code else plain
        if code and code[1] == CONTINUATION and last is not None:
            last.segments.append(segment)
            continue
        if last is not None:
            yield last
        last = Record(number, code[1] if code else "", [segment])
    if last is not None:
        yield last

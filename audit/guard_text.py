"""The guard's pass over running text: what has to go, and its replacement."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from audit.card_numbers import brand_of, find_card_numbers, has_digit_chain
from audit.sensitive_names import Kind, find_named, kind_of_name, name_positions


@dataclass(frozen=True, slots=True)
class Finding:
    """What was removed and where, never the value.

    where: "offset 120" (in characters of the text as it came), or a path such as "$.card.csc".
    brand: "" unless kind is "card number" and the number was seen in clear.
    """

    kind: Kind
    where: str
    brand: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of a text, [start, end), and what takes its place."""

    start: int
    end: int
    text: str
    findings: tuple[Finding, ...]


# Track 1: format B, number, name, expiry and the rest. Track 2: number, =, expiry and the rest.
_TRACK_ONE: Final = re.compile(
    r"%?[Bb]\d[\d ]{11,22}\^[^\^\r\n]{2,30}\^\d{3,}[^?\r\n\"'<&]{0,80}\??"
)
_TRACK_TWO_TAILS: Final = tuple(re.compile(mark + r"\d{4,}[\d=DF]{0,30}\??") for mark in "=D")
_TRACK_TWO_HEAD: Final = re.compile(r"(?P<sentinel>;)?(?<![^\W_])(?P<number>\d{12,19})$")


def marker(kind: Kind) -> str:
    """The text that stands where a value of this kind was."""
    return f"[{kind} removed]"


def cut(start: int, end: int, kind: Kind, brand: str = "") -> Cut:
    """A cut that leaves the marker of its kind."""
    return Cut(start, end, marker(kind), (Finding(kind, f"offset {start}", brand),))


def text_cuts(text: str, names_at: list[int] | None = None) -> list[Cut]:
    """What must go from running text, in order, none overlapping.

    names_at: the text's `name_positions`, if they are known already.
    """
    cuts: list[Cut] = []
    chained = has_digit_chain(text)
    positions = name_positions(text) if names_at is None else names_at
    if chained:
        cuts += _track_cuts(text)
    cuts += (cut(span.start, span.end, span.kind) for span in find_named(text, positions))
    if chained:
        cuts += (cut(c.start, c.end, "card number", c.brand) for c in find_card_numbers(text))
    return _without_overlaps(cuts)


def _track_cuts(text: str) -> list[Cut]:
    cuts: list[Cut] = []
    if "^" in text:
        cuts += (cut(*match.span(), "track data") for match in _TRACK_ONE.finditer(text))
    for pattern in _TRACK_TWO_TAILS:
        for tail in pattern.finditer(text):
            offset = max(0, tail.start() - 21)
            head = _TRACK_TWO_HEAD.search(text[offset : tail.start()])
            # Without its start sentinel only a real card number makes it a track.
            if head and (head["sentinel"] or brand_of(head["number"])):
                cuts.append(cut(offset + head.start(), tail.end(), "track data"))
    return cuts


def _without_overlaps(cuts: Iterable[Cut]) -> list[Cut]:
    kept: list[Cut] = []
    for each in sorted(cuts, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=each.end)
    return kept


def replace_cuts(text: str, cuts: Iterable[Cut]) -> str:
    """The text with each cut, in order, replaced by what takes its place."""
    pieces: list[str] = []
    done = 0
    for each in cuts:
        pieces += (text[done : each.start], each.text)
        done = each.end
    return "".join([*pieces, text[done:]])


def findings_of(cuts: Iterable[Cut]) -> tuple[Finding, ...]:
    """The findings of all cuts, in order."""
    return tuple(finding for each in cuts for finding in each.findings)


@dataclass(frozen=True, slots=True)
class Named:
    """What a whole value is, as its name gives away."""

    kind: Kind
    brand: str = ""

    def findings_at(self, offset: int) -> tuple[Finding, ...]:
        """The finding this makes at an offset."""
        return (Finding(self.kind, f"offset {offset}", self.brand),)


def named_kind(name: str, value: str) -> Named | None:
    """What has to go because of its name, or None."""
    kind = kind_of_name(name, value) if name else None
    if kind is None:
        return None
    brand = brand_of(re.sub(r"\D", "", value)) if kind == "card number" else None
    return Named(kind, brand or "")

"""Invoice numbers as Sage stores them and as people type them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: Sage's own numbers are digits, filled with zeros to this width.
NUMBER_WIDTH: Final = 10


def stored_forms(typed: Iterable[str]) -> list[str]:
    """The texts that may stand in a column for what was typed, each once.

    Upper and lower case, because not every database compares without regard to it.
    """
    forms: dict[str, None] = {}
    for text in typed:
        number = text.strip().upper()
        if not number:
            continue
        forms[number] = None
        forms[number.lower()] = None
        if number.isdecimal():
            forms[number.zfill(NUMBER_WIDTH)] = None
    return list(forms)


def typed_forms(stored: Iterable[str]) -> tuple[str, ...]:
    """Every text, trimmed and upper-case, that would have found one of these stored numbers."""
    forms: dict[str, None] = {}
    for text in stored:
        number = text.strip().upper()
        if not number:
            continue
        forms[number] = None
        if number.isdecimal() and len(number) == NUMBER_WIDTH:
            zeros = len(number) - len(number.lstrip("0"))
            for cut in range(1, min(zeros, NUMBER_WIDTH - 1) + 1):
                forms[number[cut:]] = None
    return tuple(forms)

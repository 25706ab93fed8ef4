"""Whole numbers as an address or a form sends them: the number of a row, of a page, of a place."""

from __future__ import annotations

#: Longer than the number of any row.
_TOO_LONG = 19


def whole(text: str) -> int | None:
    """The number that a text is, 0 or more; None for anything else, however long."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _TOO_LONG else None

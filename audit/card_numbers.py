"""Card numbers, found by value: issuer prefix with its length, and the Luhn check.

What counts as written like a card number: 13 to 19 digits in one piece, or in the groups that
people use (4-4-4-4, 4-6-5, ...) with one kind of separator (space, no-break space, hyphen, dot,
plus or %20) throughout. A letter or digit glued to either side makes it a reference, not a card.

Decided for decimals: `4111111111111111.00` is a card number (no amount has sixteen digits before
the point), `0.4111111111111111` is not (the digits behind a point are a fraction).

False positives, honestly: an identifier of random digits that stands alone and has a card's
length looks like a card number in this share of cases (prefix share times one in ten for Luhn;
no leading zeros): 13 digits 1.1 %, 14 digits 0.4 %, 15 digits 0.6 %, 16 digits 3.0 %, 17 and 18
digits 0.8 %, 19 digits 1.9 %. Such a number cannot be told from a card number by anyone.
Identifiers of up to 12 or over 19 digits, numbers that begin with 0, 1, 7, 8 or 9 or with a year
such as 2010, and all with letters attached never match: Unix times in milliseconds,
`20101201180000123`, UUIDs, amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final


@dataclass(frozen=True, slots=True)
class CardSpan:
    """Where a card number stands in a text: [start, end), and its brand."""

    start: int
    end: int
    brand: str


_LONG: Final = frozenset(range(16, 20))
_DINERS: Final = frozenset(range(14, 20))
_MAESTRO: Final = frozenset(range(13, 20))
# Brand, first and last prefix (same number of digits), lengths. The first row that fits wins.
# Maestro's wide ranges (50, 56 to 69) would take in too many order numbers: only its well-known
# four-digit prefixes are here.
_ISSUERS: Final[tuple[tuple[str, str, str, frozenset[int]], ...]] = (
    ("visa", "4", "4", frozenset({13, 16, 19})),
    ("mastercard", "51", "55", frozenset({16})),
    ("mastercard", "2221", "2720", frozenset({16})),
    ("amex", "34", "34", frozenset({15})),
    ("amex", "37", "37", frozenset({15})),
    ("discover", "6011", "6011", _LONG),
    ("discover", "644", "649", _LONG),
    ("discover", "65", "65", _LONG),
    ("jcb", "3528", "3589", _LONG),
    ("diners", "300", "305", _DINERS),
    ("diners", "3095", "3095", _DINERS),
    ("diners", "36", "36", _DINERS),
    ("diners", "38", "39", _DINERS),
    ("unionpay", "62", "62", _LONG),
    ("maestro", "5018", "5018", _MAESTRO),
    ("maestro", "5020", "5020", _MAESTRO),
    ("maestro", "5038", "5038", _MAESTRO),
    ("maestro", "5893", "5893", _MAESTRO),
    ("maestro", "6304", "6304", _MAESTRO),
    ("maestro", "6759", "6763", _MAESTRO),
    ("maestro", "6799", "6799", _MAESTRO),
)

# How people group the digits, longest first so that the whole number is taken.
_SHAPES: Final[tuple[tuple[int, ...], ...]] = (
    (4, 4, 4, 4, 3),
    (6, 13),
    (4, 4, 4, 7),
    (4, 4, 4, 4, 2),
    (4, 4, 4, 6),
    (4, 4, 4, 4, 1),
    (4, 4, 4, 5),
    (4, 4, 4, 4),
    (8, 8),
    (4, 8, 4),
    (6, 10),
    (6, 6, 4),
    (4, 4, 8),
    (4, 6, 5),
    (4, 4, 4, 3),
    (4, 6, 4),
    (4, 4, 6),
    (4, 4, 4, 2),
    (4, 4, 5),
    (4, 3, 3, 3),
    (4, 4, 4, 1),
)

_BLANKS: Final = " \t\u00a0\u2007\u2009\u200b\u202f"
_SEPARATOR: Final = (
    rf"(?:[{_BLANKS}]{{0,2}}[-.\u2010-\u2015\u2212][{_BLANKS}]{{0,2}}|[{_BLANKS}]{{1,2}}|\+|%20)"
)
_CHAIN: Final = re.compile(rf"\d(?:{_SEPARATOR}?\d){{12,}}")
_GROUP: Final = re.compile(r"%20|\d+")

# The quick look works on one byte a character: digits (and all that is not ASCII, which may be a
# digit) become 0, characters that may stand in a separator become -, the rest a blank.
_SEPARATOR_BYTES: Final = b" \t-.+%"
_CLASSES: Final = bytes(
    ord("0") if chr(byte) in "0123456789?" else ord("-") if byte in _SEPARATOR_BYTES else ord(" ")
    for byte in range(256)
)
_RUN: Final = re.compile(rb"0[0-]{12,}")


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of those before it."""
    total = sum(map(int, digits[-1::-2]))
    total += sum(n * 2 - 9 if n > 4 else n * 2 for n in map(int, digits[-2::-2]))
    return total % 10 == 0


@lru_cache(maxsize=1024)
def _issuer(prefix: str, length: int) -> str | None:
    """The brand whose prefix and length fit; length 0 asks for the prefix alone."""
    for brand, low, high, lengths in _ISSUERS:
        if (not length or length in lengths) and low <= prefix[: len(low)] <= high:
            return brand
    return None


def brand_of(digits: str) -> str | None:
    """The brand of a bare card number, or None when prefix, length or check digit do not fit."""
    brand = _issuer(digits[:4], len(digits))
    return brand if brand and luhn_ok(digits) else None


def has_digit_chain(text: str) -> bool:
    """Quick: whether the text may hold 13 digits in a row, separators apart."""
    one_byte_each = text.encode("ascii", "replace")
    return b"0" * 13 in one_byte_each.translate(_CLASSES, _SEPARATOR_BYTES)


def find_card_numbers(text: str) -> list[CardSpan]:
    """Every card number in the text, in order, none overlapping."""
    if not has_digit_chain(text):
        return []
    classes = text.encode("ascii", "replace").translate(_CLASSES)
    return [
        span
        for run in _RUN.finditer(classes)
        if run.group().count(b"0") >= 13 and not _plain_but_no_issuer(text, *run.span())
        for chain in _CHAIN.finditer(text, *run.span())
        for span in _cards_in_chain(text, chain)
    ]


def _plain_but_no_issuer(text: str, start: int, end: int) -> bool:
    """The common case of a long reference, out of the way early."""
    return text[start:end].isdecimal() and not _issuer(_ascii_digits(text[start : start + 4]), 0)


def _cards_in_chain(text: str, chain: re.Match[str]) -> Iterator[CardSpan]:
    groups = [m.span() for m in _GROUP.finditer(text, *chain.span()) if m[0] != "%20"]
    first = 0
    while first < len(groups):
        taken = _card_from(text, groups, first)
        if taken is None:
            first += 1
            continue
        count, brand = taken
        yield CardSpan(groups[first][0], groups[first + count - 1][1], brand)
        first += count


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> tuple[int, str] | None:
    """How many groups from the first one on make a card number, and its brand."""
    start, end = groups[first]
    if _glued_left(text, start):
        return None
    if end - start >= 13:
        if _is_fraction(text, start) or _glued_right(text, end):
            return None
        brand = brand_of(_ascii_digits(text[start:end]))
        return (1, brand) if brand else None
    for shape in _SHAPES:
        window = groups[first : first + len(shape)]
        if tuple(stop - begin for begin, stop in window) != shape:
            continue
        if _glued_right(text, window[-1][1]) or not _one_separator(text, window):
            continue
        brand = brand_of(_ascii_digits("".join(text[a:b] for a, b in window)))
        if brand:
            return len(shape), brand
    return None


def _one_separator(text: str, window: list[tuple[int, int]]) -> bool:
    gaps = [text[a[1] : b[0]] for a, b in pairwise(window)]
    return len({gap.strip(_BLANKS) or " " for gap in gaps}) == 1


def _glued_left(text: str, start: int) -> bool:
    if start == 0 or not text[start - 1].isalnum():
        return False
    # `\n4111...` inside an escaped string: the letter belongs to the escape.
    escape = text[max(0, start - 2) : start]
    return not (len(escape) == 2 and escape[0] == "\\" and escape[1] in "nrtbf")


def _glued_right(text: str, end: int) -> bool:
    return end < len(text) and text[end].isalnum()


def _is_fraction(text: str, start: int) -> bool:
    return start >= 2 and text[start - 1] == "." and text[start - 2].isdecimal()


def _ascii_digits(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)

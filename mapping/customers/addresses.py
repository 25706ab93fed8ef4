"""Postal addresses, standardised for comparison. What was written is never changed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mapping.customers.folding import fold, sounded, words
from mapping.customers.identity import Address

_ABBREVIATIONS: Final = {
    "st": "street", "str": "street", "strasse": "street", "rd": "road", "ave": "avenue",
    "av": "avenue", "blvd": "boulevard", "bd": "boulevard", "dr": "drive", "ln": "lane",
    "ct": "court", "pl": "place", "plz": "platz", "sq": "square", "ter": "terrace",
    "terr": "terrace", "cir": "circle", "hwy": "highway", "pkwy": "parkway", "pky": "parkway",
    "cres": "crescent", "gdns": "gardens", "pk": "park", "est": "estate", "bldg": "building",
    "mt": "mount", "ft": "fort", "n": "north", "s": "south", "e": "east", "w": "west",
    "ne": "northeast", "nw": "northwest", "se": "southeast", "sw": "southwest", "rte": "route",
    "cl": "close", "gr": "grove", "hts": "heights", "trl": "trail", "expy": "expressway",
}  # fmt: skip
#: Words of kind: Elm Street and Elm Road are two streets, Elm alone may be either.
KINDS: Final = frozenset(
    {"street", "road", "avenue", "boulevard", "drive", "lane", "court", "place", "platz", "square",
     "terrace", "circle", "highway", "parkway", "crescent", "gardens", "close", "grove", "trail",
     "way", "weg", "gasse", "allee", "route", "rue", "via", "calle"}
)  # fmt: skip
_UNIT: Final = re.compile(
    r"(?:\b(?:apt|apartment|unit|suite|ste|flat|room|rm|floor|fl)\b\.?|#)\s*#?\s*([a-z0-9-]+)"
)
_BOX: Final = re.compile(r"\b(?:p\.?\s*o\.?\s*box|postfach|postbus)\s*#?\s*([0-9]+)")
_ORDINAL: Final = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
_NUMBER_WORDS: Final = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6",
    "seventh": "7", "eighth": "8", "ninth": "9", "tenth": "10",
}  # fmt: skip
_COUNTRIES: Final = {
    "usa": "us", "united states": "us", "united states of america": "us", "u.s.a.": "us",
    "u.s.": "us", "uk": "gb", "united kingdom": "gb", "great britain": "gb", "england": "gb",
    "scotland": "gb", "wales": "gb", "deutschland": "de", "germany": "de", "france": "fr",
    "italia": "it", "italy": "it", "osterreich": "at", "austria": "at", "canada": "ca",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standard:
    """An address in comparable parts; any may be empty. `number` is the house's, or the box's."""

    number: str = ""
    street: str = ""
    unit: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return bool(self.street or self.postcode or self.number)

    @property
    def telling_street(self) -> str:
        """The street without its kind of road."""
        kept = [word for word in self.street.split() if word not in KINDS]
        return " ".join(kept) or self.street

    @property
    def street_kinds(self) -> frozenset[str]:
        return KINDS.intersection(self.street.split())

    def words(self) -> str:
        street = f"{self.number} {self.street}".strip()
        unit = f"unit {self.unit}" if self.unit else ""
        return ", ".join(p for p in (street, unit, self.city, self.postcode.upper()) if p)


def read_address(address: Address) -> Standard:
    text = ", ".join(fold(line) for line in address.lines if line.strip())
    box = _BOX.search(text)
    unit = _UNIT.search(text)
    bare = _UNIT.sub(" ", _BOX.sub(" ", text))
    number, street = _number_and_street(bare)
    if box:
        number, street = box.group(1), street if number else "box"
    return Standard(
        number=number,
        street=street,
        unit=unit.group(1) if unit else "",
        city=" ".join(_word(sounded(word)) for word in words(address.city)),
        postcode=read_postcode(address.postcode),
        country=_country(address.country),
    )


def read_postcode(text: str) -> str:
    """Without blanks; a US code without its last four, which most people leave out."""
    plain = re.sub(r"[^a-z0-9]", "", fold(text))
    return plain[:5] if re.fullmatch(r"\d{9}", plain) else plain


def _country(text: str) -> str:
    plain = fold(text).strip()
    return _COUNTRIES.get(plain, plain if len(plain) == 2 else "")


def _word(word: str) -> str:
    if ordinal := _ORDINAL.match(word):
        return ordinal.group(1)
    word = _NUMBER_WORDS.get(word, word)
    return _ABBREVIATIONS.get(word, word)


def _number_and_street(text: str) -> tuple[str, str]:
    """`12a Elm St` and `Elmstr. 12 a`: the house number stands before or behind the street."""
    found = [_split_kind(word) for line in text.split(",") for word in words(line)]
    flat = [word for pair in found for word in pair]
    at = _house_at(flat)
    number = ""
    if at is not None:
        number = flat.pop(at)
        if at < len(flat) and len(flat[at]) == 1 and flat[at] in "abcdefgh" and at == len(flat) - 1:
            number += flat.pop(at)
    return number.lstrip("0"), " ".join(_word(word) for word in flat)


def _split_kind(word: str) -> tuple[str, ...]:
    """German streets carry their kind at their end: bahnhofstr, hauptstrasse."""
    for ending in ("strasse", "str"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending), "street"
    return (word,)


def _house_at(found: list[str]) -> int | None:
    """Where the house number stands: the first word with a digit at either end of the street."""
    if found and found[0][0].isdigit() and not _ORDINAL.match(found[0]):
        return 0
    for at in range(len(found) - 1, 0, -1):
        if found[at][0].isdigit() and not _ORDINAL.match(found[at]):
            return at
    return None

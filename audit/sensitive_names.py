"""Names under which security codes, track data and encrypted card material travel.

One grammar serves both uses: `kind_of_name` for the key of a JSON member, form field or column,
and `find_named` for `name: value` in running text, XML, query strings and multipart bodies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["card number", "security code", "track data"]


@dataclass(frozen=True, slots=True)
class NamedSpan:
    """A value in a text, [start, end), that its name gives away."""

    start: int
    end: int
    kind: Kind


_ = "[ _-]?"
_OWNER = rf"(?:(?:credit|debit|payment){_})?(?:(?:card|cc){_})?"
_SUFFIX = rf"(?:{_}(?:code|number|value|data|num|no))?"
_CODE = (
    rf"(?:cvv2?|cvc2?|ccv2?|csc2?|cav2?|cvn2?|cvd2?|cid|security{_}code|card{_}code"
    rf"|card{_}verification(?:{_}(?:code|value|number))?|pin{_}block)"
)
_TRACK = (
    rf"(?:(?:full{_})?track{_}(?:[123](?:{_}data|{_}equivalent{_}data)?|data)"
    rf"|swipe(?:{_}data)?|mag(?:netic)?{_}stripe(?:{_}data)?|mag{_}data)"
)
_PAN = (
    rf"(?:(?:credit|debit|payment){_})?(?:card|cc){_}(?:number|num|no|nbr)"
    rf"|pan|primary{_}account{_}number"
)
_LOCKED = rf"enc(?:rypted)?{_}"
_NAME = (
    rf"(?P<locked>{_LOCKED})?(?:{_OWNER}(?P<code>{_CODE}){_SUFFIX}|{_OWNER}(?P<track>{_TRACK})"
    rf"|(?P<pan>{_PAN}))|(?P<locked_only>{_LOCKED}(?:number|card|pin|track))"
)
_WHOLE_NAME: Final = re.compile(_NAME, re.IGNORECASE)
_LAST_PART: Final = re.compile(r"[^.\[\]/:$@]+(?=[\[\]\s]*$)")

# Between name and value: `: = => "` and friends, the end of an XML tag, a multipart header's end;
# blanks alone only after names that mean nothing else.
_BETWEEN = (
    r"(?:\\?[\"']?\s{0,9}(?:[:=]>?|(?:\s[^<>]{0,80})?>)\s{0,9}\\?[\"']?(?:<!\[CDATA\[)?"
    r"|\"(?:\r?\n){2}"
    r"|(?<!cid)(?<!csc)(?<!cvd)(?<!cvn)(?<!cav)[ \t]{1,3}(?:is|code|no\.?|\#)?[ :]{0,2}"
    r"(?=\d{3,4}(?!\w)))"
)
_VALUE = r"(?P<value>(?!\[|%5B)[^\s\"'&<>,;\\]+)"
# A name is looked for where one of these stems begins, then read in both directions. The stems
# are given without separators: the quick look takes out all but letters and quotation marks first.
# Families hang on a part that all their stems have, so that most need not be looked for.
_STEMS: Final[tuple[tuple[bytes, tuple[str, ...]], ...]] = (
    (b"cv", ("cvv", "cvc", "ccv", "cvn", "cvd")),
    (b"csc", ("csc",)),
    (b"cav", ("cav",)),
    (b"cid", ("cid",)),
    (b"ccn", ("ccn",)),
    (b"securitycode", ("securitycode",)),
    (b"cardcode", ("cardcode",)),
    (b"cardver", ("cardverification",)),
    (b"cardn", ("cardn",)),
    (b"pinblock", ("pinblock",)),
    (b"track", ("track",)),
    (b"swipe", ("swipe",)),
    (b"mag", ("magstripe", "magdata", "magnetic")),
    (b"encrypted", ("encrypted",)),
    (b"encp", ("encpan", "encpin")),
    (b"enccard", ("enccard",)),
    (b"encnumber", ("encnumber",)),
    (b'pan"', ('pan"',)),
    (b"primaryaccount", ("primaryaccount",)),
)
_LOWER: Final = bytes(range(128)).lower() + bytes(range(128, 256))
_NO_LETTERS: Final = bytes(c for c in range(128) if not chr(c).isalpha() and chr(c) != '"')
_FROM_STEM: Final = re.compile(
    rf"(?:(?P<code>{_CODE}){_SUFFIX}|(?P<track>{_TRACK})"
    rf"|(?P<locked>{_LOCKED})(?:number|pin|(?P<pan>{_PAN})|card)){_BETWEEN}{_VALUE}",
    re.IGNORECASE,
)
_TO_STEM: Final = re.compile(
    rf"(?:^|[\W_])(?P<locked>{_LOCKED})?{_OWNER}(?:full{_})?$", re.IGNORECASE
)
_MEMBER: Final = re.compile(
    r'"(?P<name>[^"]{2,120})"\s*:\s*(?:(?P<open>[\[{])|(?P<value>"[^"]*"|[^\s,}\]"]*))'
)
_LEAD: Final = 40  # no name is longer than this before its stem

_CODE_VALUE: Final = re.compile(r"\d{3,4}")
_PIN_VALUE: Final = re.compile(r"[0-9A-Fa-f]{16,}")
_MASKED: Final = re.compile(r"[*xX•●.#\s-]*[*xX•●#]{2,}[*xX•●.#\d\s-]*")


def _is_masked(value: str) -> bool:
    return len(value) <= 40 and _MASKED.fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _parts_of(name: str) -> tuple[Kind, bool, bool, bool] | None:
    """Kind, encrypted or not, ambiguous or not, decided by a 13-19 digit value or not."""
    last = _LAST_PART.search(name.strip())
    match = _WHOLE_NAME.fullmatch(last.group().strip()) if last else None
    if match is None:
        return None
    locked = bool(match["locked"] or match["locked_only"])
    if match["code"]:
        return "security code", locked, match["code"].lower() == "cid", False
    if match["track"]:
        return "track data", locked, False, False
    return "card number", locked, False, not locked


def kind_of_name(name: str, value: str) -> Kind | None:
    """What must be removed from under this name, or None when value or name may stay."""
    if len(name) > 120 or not value or value.startswith("[") or _is_masked(value):
        return None
    parts = _parts_of(name)
    if parts is None:
        return None
    kind, locked, ambiguous, by_digits = parts
    if by_digits:
        digits = re.sub(r"[\s.-]", "", value)
        return kind if digits.isdecimal() and 13 <= len(digits) <= 19 else None
    if ambiguous and not locked and not _CODE_VALUE.fullmatch(value.strip()):
        return None  # `cid` is a customer id as often as a security code
    return kind


def may_hold_names(text: str) -> bool:
    """Quick: whether a text may hold one of the names at all."""
    return bool(_stems_in(text))


def _stems_in(text: str) -> list[str]:
    """Every stem that may stand in the text; more than do, where what lies between is no name's."""
    letters = text.encode("ascii", "replace").translate(_LOWER, _NO_LETTERS)
    found: list[str] = []
    for part, stems in _STEMS:
        if part in letters:
            found += [stem for stem in stems if stem.encode() in letters]
    return found


def is_sensitive_name(name: str) -> bool:
    """Whether values under this name have to be looked at."""
    return len(name) <= 120 and _parts_of(name) is not None


def find_named(text: str, positions: list[int]) -> Iterator[NamedSpan]:
    """Every `name: value` in the text whose value must go; positions from `name_positions`."""
    done = 0
    for position in positions:
        if position < done:
            continue
        match = _FROM_STEM.match(text, position)
        lead = _TO_STEM.search(text[max(0, position - _LEAD) : position]) if match else None
        if match and lead:
            span = _named_span(text, match, bool(match["locked"] or lead["locked"]))
            if span:
                done = span.end
                yield span


def has_named_member(text: str, positions: list[int]) -> bool:
    """Whether a JSON text without escapes has a member that its name condemns."""
    for position in positions:
        opening = text.rfind('"', max(0, position - _LEAD), position + 1)
        member = _MEMBER.match(text, opening) if opening >= 0 else None
        if member is None or not is_sensitive_name(member["name"]):
            continue
        if member["open"] or kind_of_name(member["name"], member["value"].strip('"')):
            return True
    return False


def name_positions(text: str) -> list[int]:
    """Where in a text one of the names may stand, in order."""
    present = _stems_in(text)
    if not present:
        return []
    # Character by character where lower case is longer than the original: positions must fit.
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    positions: list[int] = []
    for stem in present:
        if len(stem) > 3 or stem == "ccn":  # may be written in two words
            positions += (match.start() for match in _spaced(stem).finditer(lowered))
            continue
        at = lowered.find(stem)
        while at >= 0:
            positions.append(at)
            at = lowered.find(stem, at + 1)
    return sorted(positions)


@lru_cache(maxsize=64)
def _spaced(stem: str) -> re.Pattern[str]:
    return re.compile(stem[:2] + "".join(f"[ _-]?{char}" for char in stem[2:]))


def _named_span(text: str, match: re.Match[str], locked: bool) -> NamedSpan | None:
    start, end = match.span("value")
    value = match["value"]
    if _is_masked(value):
        return None
    if match["code"] and not locked:
        code = _CODE_VALUE.match(value)
        if code and not value[code.end() :][:1].isalnum():
            return NamedSpan(start, start + code.end(), "security code")
        is_pin = "pin" in match["code"].lower() and _PIN_VALUE.fullmatch(value)
        return NamedSpan(start, end, "security code") if is_pin else None
    if len(value) < 8:
        return None  # "swipe: yes" is an entry mode
    if match["code"]:
        return NamedSpan(start, end, "security code")
    return NamedSpan(start, end, "track data" if match["track"] else "card number")

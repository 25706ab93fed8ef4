"""The guard's passes over JSON, forms and CSV: names known, bytes outside the finds untouched.

JSON is read token by token in its own text, not loaded and dumped: all that is not replaced stays
byte for byte. A string that needs a change is decoded, guarded (as JSON again if it holds JSON)
and encoded anew; a bare number becomes the marker as a string, so the document stays valid.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Final
from urllib.parse import quote_plus, unquote_plus

from audit.card_numbers import brand_of, has_digit_chain
from audit.guard_text import (
    Cut,
    Finding,
    Named,
    cut,
    findings_of,
    marker,
    named_kind,
    replace_cuts,
    text_cuts,
)
from audit.sensitive_names import (
    has_named_member,
    is_sensitive_name,
    may_hold_names,
    name_positions,
)

_MAX_NESTING: Final = 8  # JSON in a string in JSON ...: deeper than any vendor goes
# A string that is never closed runs to the end: looked for again from each quote in it, it would
# take quadratic time.
_TOKEN: Final = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))(?P<colon>\s*:)?'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<open>[{\[])|(?P<close>[}\]])",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"-?(\d+)(\.\d*)?([eE][+-]?\d+)?")
_EXPONENT: Final = re.compile(r"[:,\[\s]-?\d[\d.]{8,}[eE]\+?\d")
# The quick look at them, one byte a character: what may stand before and behind an e becomes 0 (so
# does all that is not ASCII, which may be a digit), an e of either case e, the rest a blank.
_AROUND_E: Final = bytes(
    ord("0") if chr(byte) in "0123456789.+?" else ord("e") if chr(byte) in "eE" else ord(" ")
    for byte in range(256)
)
# Escapes behind which digits, letters, separators or a whole document may hide.
_HIDING: Final = re.compile(r'\\(?:["\\]|u(?:00[2-7aA]|20|[fF][fF]|0[69]))')
# Most short texts are clean and are known to be so by lacking all of this and a chain of digits:
# a part of every sensitive name in lower case, and what encodes or structures.
_SHORT: Final = 400
_WORTH_A_LOOK: Final = re.compile(
    r"cv|csc|cav|cid|cc[ _-]?n|security|card|pin[ _-]?block|track|swipe|mag|enc|pan|primary"
    r"|[\\%{\[]"
)
# A cell in quotes is bounded, so that a file of quotes alone does not take quadratic time.
_CELL: Final = r'"[^"]*+(?:""[^"]*+){0,50}+"|[^"{d}\r\n][^{d}\r\n]*|'


def looks_like_json(text: str) -> bool:
    """Whether the text begins as a JSON document does."""
    return text[:64].lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"')


def looks_like_form(text: str) -> bool:
    """Whether the text is several name=value pairs without any blank."""
    return "&" in text and "=" in text[:256] and not re.search(r"\s", text)


def is_clearly_clean(text: str) -> bool:
    """Quick: whether a short text cannot hold anything that has to go. No says nothing."""
    return (
        len(text) <= _SHORT
        and not has_digit_chain(text)
        and not _WORTH_A_LOOK.search(text.casefold())
    )


def guard_structured(text: str, nesting: int = 0) -> tuple[str, tuple[Finding, ...]]:
    """The text in whatever format it looks to be in; nesting counts strings within strings."""
    if is_clearly_clean(text):
        return text, ()
    if nesting < _MAX_NESTING and looks_like_json(text):
        return guard_json(text, nesting)
    if nesting < _MAX_NESTING and looks_like_form(text):
        return guard_form(text, nesting)
    return guard_plain(text)


def guard_plain(text: str) -> tuple[str, tuple[Finding, ...]]:
    """Running text, or a table whose first line names a sensitive column."""
    columns = _csv_cuts(text)
    if columns:
        replaced, rest = guard_plain_text(replace_cuts(text, columns))
        return replaced, findings_of(columns) + rest
    return guard_plain_text(text)


def guard_plain_text(text: str) -> tuple[str, tuple[Finding, ...]]:
    """Running text."""
    cuts = text_cuts(text)
    return (replace_cuts(text, cuts), findings_of(cuts)) if cuts else (text, ())


# JSON


def guard_json(text: str, nesting: int = 0) -> tuple[str, tuple[Finding, ...]]:
    """A JSON document, JSON lines, or something that only begins like JSON."""
    if not _json_suspect(text):
        return text, ()
    cuts = _JsonPass(nesting).cuts(text)
    replaced = replace_cuts(text, cuts)
    if _is_json(replaced):
        return replaced, findings_of(cuts)
    # Broken JSON: what stands outside its strings and numbers is running text.
    replaced, rest = guard_plain_text(replaced)
    return replaced, findings_of(cuts) + rest


def _json_suspect(text: str) -> bool:
    names_at = name_positions(text)
    if _HIDING.search(text) or has_named_member(text, names_at) or text_cuts(text, names_at):
        return True
    may_hold_exponents = b"0e0" in text.encode("ascii", "replace").translate(_AROUND_E)
    return may_hold_exponents and bool(_EXPONENT.search(text))


def _is_json(text: str) -> bool:
    try:
        json.loads(text.lstrip("\ufeff"), strict=False, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


class _JsonPass:
    """One walk over the tokens of a document; knows under which names it stands."""

    def __init__(self, nesting: int) -> None:
        self._nesting = nesting
        self._name = ""  # of the member whose value comes next
        self._enclosing = [""]  # for each open container, the sensitive name it stands under

    def cuts(self, text: str) -> list[Cut]:
        found: list[Cut] = []
        for token in _TOKEN.finditer(text):
            if token["open"]:
                sensitive = is_sensitive_name(self._name)
                self._enclosing.append(self._name if sensitive else self._enclosing[-1])
                self._name = ""
            elif token["close"]:
                self._enclosing = self._enclosing[:-1] or [""]
            elif token["colon"]:
                found += self._string(token, is_key=True)
                self._name = _decoded(token["string"])
            else:
                found += self._string(token) if token["string"] else self._number(token)
                self._name = ""
        return found

    def _string(self, token: re.Match[str], *, is_key: bool = False) -> list[Cut]:
        raw = token["string"]
        value = _decoded(raw)
        start, end = token.span("string")
        named = None if is_key else self._named(value)
        if named:
            return [_json_cut(start, end, marker(named.kind), named.findings_at(start))]
        replaced, findings = guard_structured(value, self._nesting + 1)
        if not findings:
            return []
        here = tuple(Finding(each.kind, f"offset {start}", each.brand) for each in findings)
        return [_json_cut(start, end, replaced, here, ascii_only=raw.isascii())]

    def _number(self, token: re.Match[str]) -> list[Cut]:
        start, end = token.span()
        named = self._named(token[0])
        if named is None:
            brand = brand_of(_integer_digits(token[0]))
            named = Named("card number", brand) if brand else None
        if named is None:
            return []
        return [_json_cut(start, end, marker(named.kind), named.findings_at(start))]

    def _named(self, value: str) -> Named | None:
        return named_kind(self._name, value) or named_kind(self._enclosing[-1], value)


def _json_cut(
    start: int, end: int, text: str, findings: tuple[Finding, ...], *, ascii_only: bool = True
) -> Cut:
    return Cut(start, end, json.dumps(text, ensure_ascii=ascii_only), findings)


def _decoded(raw: str) -> str:
    if len(raw) < 2 or raw[-1] != '"':
        return raw[1:]
    if "\\" not in raw:
        return raw[1:-1]
    try:
        value = json.loads(raw, strict=False)
    except ValueError:  # a bad escape: taken as it stands
        return raw[1:-1]
    return value if isinstance(value, str) else raw[1:-1]


def _integer_digits(token: str) -> str:
    match = _NUMBER.fullmatch(token)
    if match is None:
        return ""
    if not match[3]:
        return match[1]
    value = Decimal(token)
    return str(int(abs(value))) if 12 <= value.adjusted() <= 18 else ""


# Forms and query strings


def guard_form(text: str, nesting: int = 0) -> tuple[str, tuple[Finding, ...]]:
    """A form-urlencoded body: pairs without a find stay as they were encoded."""
    cuts: list[Cut] = []
    start = 0
    for pair in text.split("&"):
        raw_name, equals, raw_value = pair.partition("=")
        at = start + len(raw_name) + len(equals)
        cuts += _form_value_cuts(unquote_plus(raw_name), raw_value, at, nesting)
        start += len(pair) + 1
    replaced, rest = guard_plain_text(replace_cuts(text, cuts))
    return replaced, findings_of(cuts) + rest


def _form_value_cuts(name: str, raw: str, at: int, nesting: int) -> list[Cut]:
    value = unquote_plus(raw)
    named = named_kind(name, value)
    if named:
        replaced, findings = marker(named.kind), named.findings_at(at)
    else:
        replaced, inner = guard_structured(value, nesting + 1)
        findings = tuple(Finding(each.kind, f"offset {at}", each.brand) for each in inner)
    return [Cut(at, at + len(raw), quote_plus(replaced), findings)] if findings else []


# CSV columns under a sensitive heading


def _csv_cuts(text: str) -> list[Cut]:
    if "\n" not in text:
        return []
    first = text[:4096].lstrip("\ufeff").split("\n", 1)[0]
    if not may_hold_names(first):
        return []
    delimiter = max(",;\t|", key=first.count)
    if not first.count(delimiter):
        return []
    headings = [cell.strip(' "\r') for cell in first.split(delimiter)]
    sensitive = {i for i, heading in enumerate(headings) if is_sensitive_name(heading)}
    if not sensitive:
        return []
    return _column_cuts(text, delimiter, headings, sensitive)


def _column_cuts(text: str, delimiter: str, headings: list[str], columns: set[int]) -> list[Cut]:
    mark = re.escape(delimiter)
    cell = re.compile(rf"({_CELL.replace('{d}', mark)})({mark}|\r?\n|$)")
    cuts: list[Cut] = []
    column, row = 0, 0
    for match in cell.finditer(text):
        value = match[1].strip('" ')
        named = named_kind(headings[column], value) if row and column in columns else None
        if named:
            cuts.append(cut(match.start(1), match.end(1), named.kind, named.brand))
        at_end = match[2] != delimiter
        column, row = (0, row + 1) if at_end else (column + 1, row)
    return cuts

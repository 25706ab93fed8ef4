"""OFX as a row of tags with their texts, for SGML (1.x) and XML (2.x) alike. Pure.

In SGML a field has no end tag, in XML it has one; a field ends at the next tag in either. No entity
is looked up but those that stand for one character.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from integrations.errors import UnreadableError
from integrations.statement_formats import text_of

_START: Final = re.compile(r"<OFX\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9._]{0,31})(?:\s[^<>]*?)?/?>")
_DECLARED: Final = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CHARSET: Final = re.compile(
    r"(?:CHARSET:\s*|encoding\s*=\s*[\"'])(?P<name>[A-Za-z0-9._-]{1,20})", re.IGNORECASE
)
_CODECS: Final = {"1252": "windows-1252", "8859-1": "iso-8859-1", "NONE": "", "CSUNICODE": ""}


@dataclass(frozen=True, slots=True)
class Tag:
    """`text` is what stands between a start tag and the next tag; `line` counts from 1."""

    name: str
    text: str
    line: int
    is_end: bool = False


def tags_of(body: bytes) -> Iterator[Tag]:
    """All tags of the file, names in capitals.

    Raises UnreadableError for what is not to be trusted.
    """
    text = text_of(body, _charset(body))
    start = _START.search(text)
    if _DECLARED.search(text):
        said = "The file declares a document type or entities, as no statement does; refused."
        raise UnreadableError(said)
    if start is None:
        raise UnreadableError("The file has no <OFX>.")
    plain = _replaced(text, "<![CDATA[", "]]>", html.escape)
    return _tags(_replaced(plain, "<!--", "-->", lambda comment: "\n" * comment.count("\n")))


def _tags(text: str) -> Iterator[Tag]:
    line, counted = 1, 0
    waiting: Tag | None = None
    behind = 0
    for found in _TAG.finditer(text):
        if waiting is not None:
            yield replace(waiting, text=_value(text[behind : found.start()]))
        line += text.count("\n", counted, found.start())
        counted, behind = found.start(), found.end()
        waiting = Tag(found["name"].upper(), "", line, found["end"] == "/")
    if waiting is not None:
        yield replace(waiting, text=_value(text[behind:]))


def _value(text: str) -> str:
    return html.unescape(text).strip()


def _replaced(text: str, begin: str, end: str, by: Callable[[str], str]) -> str:
    """Every stretch from `begin` to `end` made into something else, in one pass."""
    parts: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0:
        stop = text.find(end, start + len(begin))
        if stop < 0:
            break
        parts += text[at:start], by(text[start + len(begin) : stop])
        at = stop + len(end)
    return "".join([*parts, text[at:]])


def _charset(body: bytes) -> str:
    found = _CHARSET.search(body[:2048].decode("latin-1"))
    name = found["name"].upper() if found else ""
    return _CODECS.get(name, name)

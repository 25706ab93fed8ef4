"""What kind of file this is, by its beginning and whatever its name. Pure."""

from __future__ import annotations

import codecs
import re
from typing import Final

BAI2: Final = "BAI2"
CAMT053: Final = "CAMT.053"
OFX: Final = "OFX"

#: So much of a file says what it is.
HEAD: Final = 8192
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ANY_CASE: Final = re.IGNORECASE | re.DOTALL
_FORMATS: Final = (
    (BAI2, re.compile(r"\A\s*01\s*,")),
    (
        OFX,
        re.compile(r"\A\s*(?:OFXHEADER|<.*?(?:OFXHEADER|<OFX\b)|<OFX\b)", _ANY_CASE),
    ),
    (CAMT053, re.compile(r"\A\s*<.*?(?:camt\.053|<(?:\w+:)?BkToCstmrStmt\b)", re.DOTALL)),
)
#: What else people upload, and what to do about it.
_OTHERS: Final = (
    ("a ZIP archive or a workbook; unpack it first", re.compile(r"\APK\x03\x04")),
    ("a PDF; ask the bank for the data file", re.compile(r"\A%PDF")),
    ("an MT940 statement, which is not read", re.compile(r"\A\s*(?:\{1:F01|:20:)")),
    (
        "a report of the running day (CAMT.052); the day's statement brings its entries",
        re.compile(r"camt\.052|<(?:\w+:)?BkToCstmrAcctRpt\b"),
    ),
    (
        "a notification (CAMT.054); the day's statement brings its entries",
        re.compile(r"camt\.054|<(?:\w+:)?BkToCstmrDbtCdtNtfctn\b"),
    ),
)


def format_of(body: bytes) -> str:
    """One of the formats that banks write, whether it can be read here or not; else empty."""
    head = _head(body)
    return next((name for name, pattern in _FORMATS if pattern.search(head)), "")


def what_else(body: bytes) -> str:
    """In words what the file is if it is none of them; empty if that cannot be told."""
    head = _head(body)
    return next((words for words, pattern in _OTHERS if pattern.search(head)), "")


def text_of(body: bytes, charset: str = "") -> str:
    """The file as text: by its byte order mark, as UTF-8, as it says itself, as Windows-1252.

    At last as Latin-1, in which every byte has a meaning: no byte is left out.
    """
    if body.startswith(_UTF_16):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", *filter(None, [charset]), "windows-1252"]
    for encoding in candidates:
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("latin-1")


def _head(body: bytes) -> str:
    if body.startswith(_UTF_16):
        return body[:HEAD].decode("utf-16", "replace").removeprefix("\ufeff")
    return body[:HEAD].removeprefix(codecs.BOM_UTF8).decode("latin-1")

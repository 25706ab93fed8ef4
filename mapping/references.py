"""Invoice references as people type them: `INV 536365`, `#536365`, `536365/536366`.

Pure. A reference is only ever looked up as it stands, with an invoice prefix taken off: nothing
is guessed, and what is not found is reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SEPARATORS: Final = re.compile(r"[\s,;/&+|]+")
_PREFIX: Final = re.compile(r"^(?:INVOICES?|INV|BILL|NO|NR|REF)[.:#\-]*(?=[A-Z0-9]*\d)")
_KEYWORD: Final = re.compile(
    r"(?:#|\b(?:invoices?|inv|bill)\b)[\s.:#]*(?:(?:no|nr|number)\b[\s.:#]*)?"
    r"((?:[A-Za-z]{0,3}\d[\w.\-]*)(?:\s*(?:[,;/&+]|and)\s*#?[A-Za-z]{0,3}\d[\w.\-]*)*)",
    re.IGNORECASE,
)
_LONG_NUMBER: Final = re.compile(r"(?<![\w.\-])[A-Za-z]{0,3}\d{5,}(?![\w\-])")
_EDGES: Final = "#.:()[]{}\"'-_*"
MAX_REFERENCES: Final = 50


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing a payer named. `forms` are looked up in this order, all upper-case."""

    typed: str
    forms: tuple[str, ...]


def _forms(token: str) -> tuple[str, ...]:
    plain = token.strip(_EDGES).upper()
    without = _PREFIX.sub("", plain).strip(_EDGES)
    return tuple(dict.fromkeys(form for form in (plain, without) if form))


def _tokens(text: str) -> list[str]:
    return [token for token in _SEPARATORS.split(text) if any(c.isdigit() for c in token)]


def references(texts: Sequence[str]) -> list[Reference]:
    """What a payer named, in the order typed, each once.

    The first text is the field meant for an invoice number: every token with a digit counts.
    In the others a token counts after a word for invoice, or when it is a long number.
    """
    found: dict[tuple[str, ...], Reference] = {}
    for index, text in enumerate(texts):
        if index == 0:
            tokens = _tokens(text)
        else:
            tokens = [t for run in _KEYWORD.findall(text) for t in _tokens(run)]
            tokens += _LONG_NUMBER.findall(text)
        for token in tokens:
            forms = _forms(token)
            if forms:
                found.setdefault(forms[-1:], Reference(token, forms))
    return list(found.values())[:MAX_REFERENCES]

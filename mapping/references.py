"""Invoice references as people type them: `INV 536365`, `#536365`, `536365/536366`.

Pure. A reference is only ever looked up as it stands, with an invoice prefix taken off: nothing
is guessed, and what is not found is reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
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
SHORTEST_WEAK: Final = 3


class Weight(Enum):
    """How much it says that an invoice of this number was found.

    WHOLE: the whole of the field meant for it is a number that exists, marks and blanks included.
    CERTAIN: meant as an invoice; not finding it is a problem. WEAK: some number in free text,
    which counts only if the invoice is the payer's own or comes to exactly the amount paid.
    """

    WHOLE = "whole"
    CERTAIN = "certain"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing a payer named. `forms` are looked up in this order, all upper-case."""

    typed: str
    forms: tuple[str, ...]
    weight: Weight = Weight.CERTAIN


def _forms(token: str) -> tuple[str, ...]:
    typed = token.upper()
    plain = typed.strip(_EDGES)
    without = _PREFIX.sub("", plain).strip(_EDGES)
    return tuple(dict.fromkeys(form for form in (typed, plain, without) if form))


def _tokens(text: str) -> list[str]:
    return [token for token in _SEPARATORS.split(text) if any(c.isdigit() for c in token)]


def references(texts: Sequence[str]) -> list[Reference]:
    """What a payer named, in the order typed, each once, the weak ones last.

    The first text is the field meant for an invoice number: every token with a digit is certain.
    In the others a token is certain after a word for invoice, or when it is a long number.
    """
    found: dict[tuple[str, ...], Reference] = {}
    for index, text in enumerate(texts):
        tokens = _tokens(text) if index == 0 else _certain_in_free_text(text)
        for token in tokens:
            if forms := _forms(token):
                found.setdefault(forms[-1:], Reference(token, forms))
    for text in texts[1:]:
        for token in _tokens(text):
            forms = _forms(token)
            if forms and len(forms[-1]) >= SHORTEST_WEAK:
                found.setdefault(forms[-1:], Reference(token, forms, Weight.WEAK))
    whole = texts[0].strip().upper() if texts else ""
    # Cut into pieces, or without a digit, it is no token; as a number that exists it still counts.
    is_cut = bool(whole) and (_SEPARATORS.search(whole) or not _tokens(whole))
    first = [Reference(whole, (whole,), Weight.WHOLE)] if is_cut else []
    return [*first, *found.values()][:MAX_REFERENCES]


def _certain_in_free_text(text: str) -> list[str]:
    after_a_word = [token for run in _KEYWORD.findall(text) for token in _tokens(run)]
    return after_a_word + _LONG_NUMBER.findall(text)

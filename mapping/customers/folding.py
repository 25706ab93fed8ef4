"""Text in plain Latin lower case: accents off, other scripts transliterated. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Letters that Unicode does not take apart into a plain letter and a mark.
_LETTERS: Final = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
    "ħ": "h",
}  # fmt: skip
_CYRILLIC: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ie",
    "ж": "zh", "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu",
    "я": "ia",
}  # fmt: skip
_GREEK: Final = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i",
    "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s",
    "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_TABLE: Final = str.maketrans(_LETTERS | _CYRILLIC | _GREEK)
_MARKS: Final = str.maketrans("", "", "".join(chr(code) for code in range(0x300, 0x370)))
#: Spellings of one sound that folding leaves apart: umlauts written out, and romanisations.
_SPELLINGS: Final = (
    ("ae", "a"), ("oe", "o"), ("ue", "u"), ("shch", "sch"), ("kh", "h"), ("ts", "c"), ("tz", "c"),
    ("iy", "i"), ("yy", "i"), ("ii", "i"), ("ij", "i"), ("ia", "a"), ("ya", "a"), ("iu", "u"),
    ("yu", "u"), ("ye", "e"), ("ie", "e"), ("ph", "f"), ("ck", "k"),
)  # fmt: skip
_WORDS: Final = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case, accents off, Cyrillic and Greek in Latin letters. Other scripts stay."""
    lowered = unicodedata.normalize("NFKD", text.casefold())
    # Marks go after the tables: й and ї are letters of their own, and composed ones.
    composed = unicodedata.normalize("NFC", lowered).translate(_TABLE)
    plain = unicodedata.normalize("NFKD", composed).translate(_MARKS)
    return plain.translate(_TABLE)  # what an accent had hidden: ά


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text, folded, without punctuation; `O'Neil` is one word."""
    joined = fold(text).replace("'", "").replace("’", "").replace(".", " ")
    return tuple(_WORDS.findall(joined))


@lru_cache(maxsize=8192)
def sounded(word: str) -> str:
    """A folded word with different spellings of one sound made equal: mueller, muller."""
    for longer, shorter in _SPELLINGS:
        word = word.replace(longer, shorter)
    return word

"""Names of people and companies: what in them tells one customer from another. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mapping.customers.folding import words

#: Legal forms by the words they are written with; several spellings of one form are one.
_FORMS: Final = {
    "ltd": "limited", "limited": "limited", "plc": "plc", "llp": "llp", "lp": "lp",
    "inc": "incorporated", "incorporated": "incorporated", "corp": "corporation",
    "corporation": "corporation", "llc": "llc", "pllc": "llc", "pty": "limited",
    "gmbh": "gmbh", "ag": "ag", "kg": "kg", "ohg": "ohg", "ug": "ug", "ek": "ek", "ev": "ev",
    "sarl": "sarl", "sas": "sas", "sa": "sa", "srl": "srl", "spa": "spa", "sl": "sl",
    "bv": "bv", "nv": "nv", "ab": "ab", "as": "as", "oy": "oy", "aps": "aps", "kft": "kft",
    "doo": "doo", "sro": "sro", "ooo": "llc", "oao": "pao", "pao": "pao",
}  # fmt: skip
#: Written with dots or blanks, a form falls apart into letters: G.m.b.H., L L C.
_SPELLED: Final = ("gmbh", "llc", "llp", "inc", "ltd", "plc", "sarl", "srl", "spa", "bv", "nv")
#: Words that many companies share: they say little.
GENERIC: Final = frozenset(
    {"co", "company", "companies", "group", "holding", "holdings", "international", "intl",
     "services", "service", "solutions", "systems", "trading", "enterprises", "enterprise",
     "partners", "associates", "industries", "products", "supplies", "supply", "store", "stores",
     "shop", "global", "usa", "uk", "us", "the", "of", "and", "et", "und", "y", "de", "der", "dba"}
)  # fmt: skip
_TITLES: Final = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "frau", "mme", "attn", "attention"}
)
#: Generations: father and son at one address.
_GENERATIONS: Final = {
    "jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii", "iv": "iv"
}  # fmt: skip
_ABBREVIATED: Final = {
    "bros": "brothers", "mfg": "manufacturing", "dist": "distribution", "intl": "international",
    "assoc": "associates", "svcs": "services", "svc": "service", "tech": "technology",
    "technologies": "technology", "elec": "electric", "eng": "engineering", "ctr": "center",
    "centre": "center", "natl": "national", "univ": "university", "dept": "department",
    "mgmt": "management", "ind": "industries", "hldgs": "holdings", "st": "saint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """The telling words of a name, sorted; what was taken off stands beside them."""

    tokens: tuple[str, ...]
    ordered: tuple[str, ...]
    legal_forms: frozenset[str]
    generation: str
    is_company: bool

    def __bool__(self) -> bool:
        return bool(self.tokens)

    @property
    def telling(self) -> tuple[str, ...]:
        """The words that are not generic; an initial only where it stands for a name."""
        found = tuple(t for t in self.tokens if t not in GENERIC)
        whole = tuple(t for t in found if len(t) > 1)
        return (whole if len(whole) > 1 else found) or self.tokens


@lru_cache(maxsize=65536)
def read_name(text: str) -> Name:
    """`Smith, John A. Jr` and `John A Smith junior` read alike; so do `ACME, L.L.C.` and `Acme`."""
    found = _joined_initials(list(words(text.replace("&", " and ").replace("+", " and "))))
    # In front, `Inc., Riverside Dental` is a form; `AG Edwards` and `SA Miller` are names.
    at = [i for i, w in enumerate(found) if w in _FORMS and (i or (len(w) > 2 < len(found)))]
    forms = frozenset(_FORMS[found[i]] for i in at)
    kept = [w for i, w in enumerate(found) if i not in at and w not in _TITLES]
    generation = next((_GENERATIONS[w] for w in kept[1:] if w in _GENERATIONS), "")
    kept = [w for i, w in enumerate(kept) if not (i and w in _GENERATIONS)]
    kept = [_ABBREVIATED.get(word, word) for word in kept]
    is_company = bool(forms) or any(word in GENERIC for word in kept)
    return Name(tuple(sorted(kept)), tuple(kept), forms, generation, is_company)


def _joined_initials(found: list[str]) -> list[str]:
    """Single letters in a row that spell a legal form become it: g, m, b, h → gmbh."""
    joined: list[str] = []
    at = 0
    while at < len(found):
        form = next((f for f in _SPELLED if found[at : at + len(f)] == list(f)), "")
        joined.append(form or found[at])
        at += len(form) or 1
    return joined

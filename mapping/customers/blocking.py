"""Blocking keys: only records that share one are compared at all. Pure.

Each key survives a kind of noise: a typo behind the third letter, a nickname, swapped words,
a house that was moved out of, a missing e-mail. Nothing is compared with everything.
"""

from __future__ import annotations

from itertools import combinations
from string import ascii_lowercase
from typing import Final

from mapping.customers.folding import sounded
from mapping.customers.names import Name
from mapping.customers.nicknames import full_forms
from mapping.customers.prepared import Prepared

#: So many words of a name make keys; the longest tell most.
_WORDS: Final = 4
LONGEST_KEY: Final = 80


def keys_of(one: Prepared) -> frozenset[str]:
    """The keys of a record, each at most LONGEST_KEY characters."""
    found = [f"id:{number}" for _, number in one.numbers]
    if one.tax_number:
        bare = one.tax_number.lstrip(ascii_lowercase)  # with and without its country
        found += [f"tx:{one.tax_number}", f"tx:{bare}"]
    if one.email:
        found += [f"em:{one.email.normal}"]
        if not one.email.is_public:
            found.append(f"dm:{one.email.domain}")
        found.append(f"el:{one.email.local}")
    if one.phone:
        found.append(f"ph:{one.phone[-7:]}")
    found += _of_name(one.name) + _of_address(one)
    return frozenset(key[:LONGEST_KEY] for key in found)


def _of_name(name: Name) -> list[str]:
    telling = sorted(name.telling, key=len, reverse=True)[:_WORDS]
    forms = [full_forms(word) if not name.is_company else [word] for word in telling]
    parts = [sorted({sounded(form)[:3] for form in some}) for some in forms]
    if len(parts) == 1:
        return [f"n1:{sounded(telling[0])[:5]}"]
    found = [
        "n2:" + ":".join(sorted((one, other)))
        for some, others in combinations(parts, 2)
        for one in some
        for other in others
    ]
    return [*found, f"nj:{''.join(name.ordered)[:6]}"]


def _of_address(one: Prepared) -> list[str]:
    at = one.address
    found = []
    if at.postcode and at.number:
        found.append(f"ap:{at.postcode}:{at.number}")
    if at.street and at.number:
        found.append(f"as:{at.number}:{at.telling_street[:4]}:{at.city[:3]}")
    if at.postcode:
        found += [f"np:{at.postcode}:{sounded(word)[:3]}" for word in one.name.telling[:_WORDS]]
    return found

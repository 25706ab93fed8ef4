"""How alike two names are, word by word, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from mapping.customers.folding import sounded
from mapping.customers.names import Name
from mapping.customers.nicknames import same_person_name


class NameLikeness(StrEnum):
    SAME = "same"
    CLOSE = "close"
    PARTLY = "partly"
    DIFFERS = "differs"


class _Word(StrEnum):
    """How one word of a name became one of the other."""

    EQUAL = "equal"
    SPELLED = "spelled otherwise"
    NICKNAME = "short form"
    INITIAL = "initial"
    TYPO = "mistyped"


#: Longer words may be mistyped: in shorter ones a letter makes another name (Mark, Mary).
_ONE_SLIP: Final = 6
_TWO_SLIPS: Final = 10
_JOINED_ALIKE: Final = 94.0


@dataclass(frozen=True, slots=True)
class NamesCompared:
    likeness: NameLikeness
    words: str
    conflict: str = ""


def compare_names(one: Name, other: Name, *, is_firm: bool) -> NamesCompared:
    """Word by word, in any order. Legal forms and generations that differ are a conflict.

    is_firm: something besides the names says that they may be a company's.
    """
    conflict = _conflict(one, other)
    likeness, said = _likeness(one, other, is_firm=is_firm)
    if conflict:
        likeness = NameLikeness.PARTLY if likeness != NameLikeness.DIFFERS else likeness
        said = conflict
    return NamesCompared(likeness, said, conflict)


def _conflict(one: Name, other: Name) -> str:
    if one.generation != other.generation:
        said = [name.generation or "says nothing of it" for name in (one, other)]
        return f"one is {said[0]}, the other {said[1]}"
    if one.legal_forms and other.legal_forms and not one.legal_forms & other.legal_forms:
        return "different legal forms"
    return ""


def _likeness(one: Name, other: Name, *, is_firm: bool) -> tuple[NameLikeness, str]:
    if one.tokens == other.tokens:
        return NameLikeness.SAME, "same name"
    is_company = one.is_company or other.is_company
    met, left, right = _aligned(one.telling, other.telling, is_company=is_company)
    if not left and not right:
        return _all_met(met)
    joined = "".join(one.ordered), "".join(other.ordered)
    if min(map(len, joined)) >= 6 and ratio(*joined) >= _JOINED_ALIKE:
        return NameLikeness.CLOSE, "names alike, written together or apart"
    strong = [how for how in met if how is not _Word.INITIAL]
    if not (left and right) and strong:
        return _one_has_more(met, [*left, *right], is_company=is_company or is_firm)
    if strong:
        return NameLikeness.PARTLY, _partly(left, right)
    return NameLikeness.DIFFERS, "different names"


def _all_met(met: Sequence[_Word]) -> tuple[NameLikeness, str]:
    others = [how for how in met if how is not _Word.EQUAL]
    if not others:
        return NameLikeness.SAME, "same name"
    if set(others) == {_Word.SPELLED}:
        return NameLikeness.SAME, "same name, spelled otherwise"
    said = ", ".join(dict.fromkeys(how.value for how in others))
    return NameLikeness.CLOSE, f"names alike ({said})"


def _one_has_more(
    met: Sequence[_Word], more: Sequence[str], *, is_company: bool
) -> tuple[NameLikeness, str]:
    """A middle name is left out; of a company, a word more may be another branch of it."""
    said = f"one side also says {' '.join(more)}"
    if not is_company and len(met) >= 2 and len(more) == 1:
        return NameLikeness.CLOSE, f"names alike, {said}"
    return NameLikeness.PARTLY, said


def _partly(left: Sequence[str], right: Sequence[str]) -> str:
    return f"part of the name agrees, {' '.join(left)} and {' '.join(right)} do not"


def _aligned(
    one: Sequence[str], other: Sequence[str], *, is_company: bool
) -> tuple[list[_Word], list[str], list[str]]:
    """How words met, and those left over on either side; the surest meet first."""
    left, right = list(one), list(other)
    met: list[_Word] = []
    for how in _Word:
        for word in list(left):
            fits = next((w for w in right if _met(word, w, how, is_company=is_company)), None)
            if fits is not None:
                left.remove(word)
                right.remove(fits)
                met.append(how)
    return met, left, right


def _met(one: str, other: str, how: _Word, *, is_company: bool) -> bool:
    if how is _Word.EQUAL:
        return one == other
    if how is _Word.SPELLED:
        return sounded(one) == sounded(other)
    if how is _Word.NICKNAME:
        return not is_company and same_person_name(one, other)
    if how is _Word.INITIAL:
        return not is_company and 1 in (len(one), len(other)) and one[0] == other[0]
    return _mistyped(one, other)


def _mistyped(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    if one.isdigit() or other.isdigit() or shorter < 4:
        return False
    if sorted(one) == sorted(other) and one[0] == other[0]:
        return OSA.distance(one, other) == 1  # two letters swapped
    allowed = 2 if shorter >= _TWO_SLIPS else 1 if shorter >= _ONE_SLIP else 0
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed

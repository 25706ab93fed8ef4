"""From fields that agree or differ to a tier, a score and what stands against linking. Pure.

The score orders suggestions. By itself it means nothing to a person: `measured` says how often
suggestions of a score were right where the answer is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mapping.customers.comparing import AGREEING, Comparison, Field, Verdict, compare
from mapping.customers.prepared import Prepared


class Tier(IntEnum):
    """What a suggestion rests on: the surer ground always comes first."""

    IDENTIFIER = 1
    EMAIL = 2
    FUZZY = 3


POINTS: Final[Mapping[tuple[Field, Verdict], int]] = {
    (Field.NUMBER, Verdict.SAME): 100,
    (Field.NUMBER, Verdict.DIFFERS): -60,
    (Field.TAX_NUMBER, Verdict.SAME): 80,
    (Field.TAX_NUMBER, Verdict.DIFFERS): -60,
    (Field.EMAIL, Verdict.SAME): 40,
    (Field.EMAIL, Verdict.CLOSE): 20,
    (Field.EMAIL, Verdict.PARTLY): 10,
    (Field.EMAIL, Verdict.DIFFERS): -5,
    (Field.PHONE, Verdict.SAME): 30,
    (Field.PHONE, Verdict.DIFFERS): -5,
    (Field.NAME, Verdict.SAME): 45,
    (Field.NAME, Verdict.CLOSE): 35,
    (Field.NAME, Verdict.PARTLY): 5,
    (Field.NAME, Verdict.DIFFERS): -30,
    (Field.ADDRESS, Verdict.SAME): 35,
    (Field.ADDRESS, Verdict.CLOSE): 20,
    (Field.ADDRESS, Verdict.PARTLY): 0,
    (Field.ADDRESS, Verdict.DIFFERS): -10,
}
#: A mailbox that several people share says less than one's own.
SHARED_MAILBOX: Final = 20
#: An e-mail in common is shown to a person, whatever else differs.
LEAST_BY_EMAIL: Final = 40
HIGHEST: Final = 100


@dataclass(frozen=True, slots=True)
class Scored:
    """How two records compare. `against` says why a person has to look; empty when nobody has to.

    score: 0 to 100, for order and bands only.
    """

    tier: Tier
    score: int
    comparisons: tuple[Comparison, ...]
    against: tuple[str, ...]

    @property
    def why(self) -> str:
        """In words: what agrees, then what differs."""
        agree = [c.words for c in self.comparisons if c.verdict in AGREEING]
        partly = [c.words for c in self.comparisons if c.verdict is Verdict.PARTLY]
        differ = [c.words for c in self.comparisons if c.verdict is Verdict.DIFFERS]
        parts = [", ".join(agree or ["nothing agrees fully"])]
        if partly or differ:
            parts.append("but " + ", ".join([*partly, *differ]))
        said = "; ".join(parts)
        return f"{said[0].upper()}{said[1:]}."


def score(left: Prepared, right: Prepared) -> Scored:
    found = compare(left, right)
    tier = _tier(found)
    points = sum(POINTS.get((c.field, c.verdict), 0) for c in found.values())
    if found[Field.EMAIL].verdict is Verdict.SAME and left.email.is_shared:
        points -= SHARED_MAILBOX
    if tier is Tier.EMAIL:
        points = max(points, LEAST_BY_EMAIL)
    against = _against(left, right, found, tier)
    return Scored(tier, max(0, min(HIGHEST, points)), tuple(found.values()), against)


def _tier(found: Mapping[Field, Comparison]) -> Tier:
    if Verdict.SAME in (found[Field.NUMBER].verdict, found[Field.TAX_NUMBER].verdict):
        return Tier.IDENTIFIER
    return Tier.EMAIL if found[Field.EMAIL].verdict is Verdict.SAME else Tier.FUZZY


def _against(
    left: Prepared, right: Prepared, found: Mapping[Field, Comparison], tier: Tier
) -> tuple[str, ...]:
    said = [c.conflict for c in found.values() if c.conflict]
    if tier is Tier.IDENTIFIER:
        return tuple(said + _identifier_alone(found))
    return tuple(dict.fromkeys(said + _not_enough(left, right, found)))


def _identifier_alone(found: Mapping[Field, Comparison]) -> list[str]:
    """A number was typed by somebody: with everything else against it, somebody looks."""
    others = {found[f].verdict for f in (Field.NAME, Field.EMAIL, Field.ADDRESS, Field.PHONE)}
    if found[Field.NAME].verdict is not Verdict.ABSENT and not AGREEING & others:
        return ["the number agrees, and nothing else does"]
    return []


def _not_enough(left: Prepared, right: Prepared, found: Mapping[Field, Comparison]) -> list[str]:
    """A name and something else have to agree, and more of it where the name is only alike."""
    name, address = found[Field.NAME].verdict, found[Field.ADDRESS].verdict
    if name not in AGREEING:
        return ["the names do not agree" if name is not Verdict.ABSENT else "a name is missing"]
    strong = _strong(left, found)
    if not strong:
        return ["only the name agrees"]
    if left.is_company or right.is_company:
        if address in (Verdict.DIFFERS, Verdict.PARTLY):
            return ["a company at two addresses may be two branches"]
        if strong == ["e-mail"]:
            return ["a company's e-mail without its address may be that of another branch"]
    if name is Verdict.CLOSE and len(strong) < 2:
        return [f"the names are only alike, and only the {strong[0]} agrees"]
    return []


def _strong(left: Prepared, found: Mapping[Field, Comparison]) -> list[str]:
    """What agrees besides the name; a shared mailbox is no proof."""
    strong = []
    if found[Field.EMAIL].verdict is Verdict.SAME and not left.email.is_shared:
        strong.append("e-mail")
    if found[Field.PHONE].verdict is Verdict.SAME:
        strong.append("telephone")
    if found[Field.ADDRESS].verdict is Verdict.SAME:
        strong.append("address")
    return strong

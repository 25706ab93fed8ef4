"""A pair's policy: which suggestions are links, which a person looks at, which are new. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mapping.customers.scoring import Scored, Tier


class Band(StrEnum):
    LINK = "link"
    REVIEW = "review"
    CREATE = "create"


class NumberFrom(StrEnum):
    """Which number a new customer of the ERP gets."""

    NEXT = "next"
    PAYER = "payer"


#: Below it, precision of links was not measured to be 0.99 or better: no policy goes lower.
LOWEST_LINK: Final = 65


@dataclass(frozen=True, slots=True)
class Policy:
    """`link_from` and `review_from` are scores; a link also has nothing that stands against it.

    links_alone: whether links are made without a person. Otherwise they are only suggested.
    creates_alone: whether who is like nobody in the ERP becomes a customer there without a person.
    A new customer gets the ERP's next number of this prefix and so many digits, or the payer's own;
    empty class and terms are the ERP's.
    """

    link_from: int = LOWEST_LINK
    review_from: int = 30
    links_alone: bool = False
    creates_alone: bool = False
    number_from: str = NumberFrom.NEXT
    number_prefix: str = "C"
    number_digits: int = 6
    customer_class: str = ""
    terms: str = ""

    def __post_init__(self) -> None:
        if not LOWEST_LINK <= self.link_from <= 100:
            raise ValueError(
                f"Links begin at a score between {LOWEST_LINK} and 100: below {LOWEST_LINK}, 99 of"
                " 100 links being right was not measured, and no policy links there by itself."
            )
        if not 0 < self.review_from <= self.link_from:
            raise ValueError("Review begins at a score above 0, and not above where links begin.")
        if self.number_from not in tuple(NumberFrom):
            raise ValueError("A new customer gets the next number, or the payer's own.")
        if not (0 < self.number_digits <= 12 and 0 < len(self.number_prefix) <= 6):
            raise ValueError(
                "Numbers of new customers begin with 1 to 6 characters, then 1 to 12 digits."
            )

    def band(self, scored: Scored) -> Band:
        if scored.score >= self.link_from and not scored.against:
            return Band.LINK
        return Band.REVIEW if scored.score >= self.review_from else Band.CREATE


def bands(policy: Policy, ranked: Sequence[Scored]) -> list[Band]:
    """The bands of one customer's suggestions, the surest first: one of them at most is a link.

    A unique identifier wins over what only looks alike, even where a person has to look at it.
    Where two would be links on the same ground, a person chooses.
    """
    found = [policy.band(scored) for scored in ranked]
    links = [i for i, band in enumerate(found) if band is Band.LINK]
    numbered = any(scored.tier is Tier.IDENTIFIER for scored in ranked)
    best = min((ranked[i].tier for i in links), default=None)
    rivals = [i for i in links if ranked[i].tier == best]
    is_clear = len(rivals) == 1 and (best is Tier.IDENTIFIER or not numbered)
    for i in links:
        if not (is_clear and i == rivals[0]):
            found[i] = Band.REVIEW
    return found

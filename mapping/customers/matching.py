"""The best candidates of a customer among those that share a blocking key. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mapping.customers.blocking import keys_of
from mapping.customers.policy import Band, Policy, bands
from mapping.customers.prepared import Prepared
from mapping.customers.scoring import Scored, score

#: A key that so many share tells nothing: a mail provider, a big office building.
MOST_IN_A_BLOCK: Final = 200
SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Match:
    candidate: Prepared
    scored: Scored
    band: Band


class Index:
    """Customers by their blocking keys, in memory."""

    def __init__(self, customers: Iterable[Prepared]) -> None:
        self._blocks: dict[str, list[Prepared]] = defaultdict(list)
        for customer in customers:
            for key in keys_of(customer):
                self._blocks[key].append(customer)

    def near(self, wanted: Prepared) -> list[Prepared]:
        """Those that share a key with it, each once."""
        found: dict[tuple[str, str], Prepared] = {}
        for key in sorted(keys_of(wanted)):
            block = self._blocks.get(key, ())
            if len(block) <= MOST_IN_A_BLOCK:
                found.update({(c.identity.system, c.identity.ref): c for c in block})
        return list(found.values())


def best(wanted: Prepared, near: Sequence[Prepared], policy: Policy) -> list[Match]:
    """Candidates from the review band up, the surest first; SHOWN at most.

    Order: tier (identifier, e-mail, fuzzy), then score, then number.
    """
    scored = [(candidate, score(wanted, candidate)) for candidate in near]
    kept = [(c, s) for c, s in scored if s.score >= policy.review_from]
    kept.sort(key=lambda pair: (pair[1].tier, -pair[1].score, pair[0].identity.ref))
    found = bands(policy, [s for _, s in kept])
    return [
        Match(candidate, one, band) for (candidate, one), band in zip(kept, found, strict=True)
    ][:SHOWN]

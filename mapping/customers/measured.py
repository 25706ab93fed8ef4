"""How often suggestions were right where the answer is known: the only meaning of a score. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mapping.customers.measured_counts import COUNTS
from mapping.customers.scoring import Scored

#: What a suggestion is counted with: its ground, its score in tens, and whether anything is
#: against it.
Step = str
_TENS: Final = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """Of `of` labelled pairs at a step, `right` were the same customer."""

    step: Step
    right: int
    of: int

    @property
    def words(self) -> str:
        if not self.of:
            return "No customer of our trial was like this one: there is no experience with it."
        return f"{self.right:,} of {self.of:,} suggestions like this were right in our trial."

    @property
    def here(self) -> str:
        """The same of what people decided."""
        return f"Here, {self.right:,} of {self.of:,} like this were linked."


def step_of(scored: Scored) -> Step:
    tens = min(scored.score // _TENS * _TENS, 90)
    return f"{scored.tier.name.lower()} {tens:02} {'against' if scored.against else 'clear'}"


_KNOWN: Final = {step: Measured(step, right, of) for step, right, of in COUNTS}


def experience(scored: Scored) -> Measured:
    """What the labelled set says about suggestions like this one."""
    return experience_of(step_of(scored))


def experience_of(step: Step) -> Measured:
    return _KNOWN.get(step, Measured(step, 0, 0))

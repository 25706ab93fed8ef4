"""What a payment was converted by, in words for a page."""

from __future__ import annotations

from dataclasses import dataclass

from console import formats
from mapping.decide.conversion import plain
from reconciliation import words
from reconciliation.models import Transaction


@dataclass(frozen=True, slots=True)
class RateWords:
    """`booked at 1.25`, and where that is from: table, day, rounding, who."""

    booked: str
    how: str


def rate_in_words(row: Transaction) -> RateWords | None:
    """None for what stands as the gateway says it."""
    if row.booked_rate is None:
        return None
    said = [f"by {row.rate_source}"]
    if row.rate_on is not None and not row.rate_table:
        said.append(f"chosen on {formats.day_text(row.rate_on)}")
    if row.rate_rounding is not None:
        said.append(f"rounded by {plain(row.rate_rounding)}")
    if row.rate_by:
        said.append(f"booked by {words.person(row.rate_by)}")
    return RateWords(f"booked at {plain(row.booked_rate)}", ", ".join(said))

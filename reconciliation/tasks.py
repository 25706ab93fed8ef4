"""What the queue calls by name."""

from __future__ import annotations

from reconciliation.services.census import nightly


def census_if_due() -> int:
    return nightly.enqueue_due()


def take_census(pair_id: int, actor: str) -> bool:
    return nightly.take_one(pair_id, actor)

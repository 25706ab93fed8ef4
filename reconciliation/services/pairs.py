"""Work that is done for one pair after the other, by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from integrations.clock import business_day, business_now
from integrations.locks import session_lock
from integrations.models import Pair


def for_each_pair(lock: str, step: Callable[[Pair], int]) -> int:
    """Do a step for every active pair that nobody else is doing it for; the sum of its answers."""
    moved = 0
    for pair in Pair.objects.filter(is_active=True).select_related("gateway", "erp", "bank"):
        with session_lock(f"{lock}:{pair.pk}") as is_ours:
            if is_ours:
                moved += step(pair)
    return moved


def today(pair: Pair) -> date:
    """The business day it is where the pair keeps its books."""
    return business_day(business_now(), pair.time_zone)

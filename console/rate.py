"""A bound on how often something may happen, kept in this process. Pure but for its own state."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Final

#: How many seconds' worth may come at once after a quiet time.
BURST_SECONDS: Final = 10.0


class Rates:
    """One bucket for each key: it holds BURST_SECONDS of the rate and fills up with time."""

    def __init__(self) -> None:
        self._full_at: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable, per_second: float, now: float) -> float:
        """0.0 when one more may happen now, else the seconds to wait until one may.

        `now` is of a clock that only goes forward. What is kept is the moment at which the bucket
        would be full again.
        """
        step = 1.0 / per_second
        with self._lock:
            full_at = max(self._full_at.get(key, now), now) + step
            wait = full_at - now - max(BURST_SECONDS, step)
            if wait > 1e-9:
                return wait
            self._full_at[key] = full_at
        return 0.0

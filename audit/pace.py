"""Work that a process does again and again, and not more often than it is worth."""

from __future__ import annotations

import time


class Pace:
    """Says whether it is time to look again, in this process. `every` is in seconds."""

    def __init__(self, every: float) -> None:
        self.every = every
        self.looked = -every

    def is_due(self) -> bool:
        now = time.monotonic()
        if now - self.looked < self.every:
            return False
        self.looked = now
        return True

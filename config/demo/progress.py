"""One calm line in the terminal that says where the run is."""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from django.db import DatabaseError, InterfaceError, connection

from integrations.choices import PostingState
from integrations.models import Posting
from reconciliation.choices import OPEN_STATES, BatchState, EffectKind
from reconciliation.models import ExceptionItem, SettlementBatch

ON_A_TERMINAL = 1.0
ELSEWHERE = 5.0


@dataclass(frozen=True, slots=True)
class Counts:
    receipts: int
    batches: int
    exceptions: int


def counts() -> Counts:
    """From the hub's own books."""
    return Counts(
        Posting.objects.filter(state=PostingState.POSTED, effect__kind=EffectKind.RECEIPT).count(),
        SettlementBatch.objects.filter(state=BatchState.TIED_OUT).count(),
        ExceptionItem.objects.filter(state__in=OPEN_STATES).count(),
    )


def line(day: date | None, done: int, of: int, found: Counts) -> str:
    when = f"{day:%a %d %b %Y}" if day else "before the first day"
    return (
        f"{when} · {done:,} of {of:,} payments · {found.receipts:,} receipts posted ·"
        f" {found.batches:,} batches tied out · {found.exceptions:,} open exceptions"
    )


class Progress:
    """Shows the line from a thread of its own until the `with` block ends."""

    def __init__(
        self, total: int, out: TextIO = sys.stdout, ask: Callable[[], Counts] = counts
    ) -> None:
        self._total = total
        self._out = out
        self._ask = ask
        self._in_place = out.isatty()
        self._day: date | None = None
        self._done = 0
        self._last = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show_until_over, daemon=True)

    def at(self, day: date, done: int) -> None:
        self._day, self._done = day, done

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=5)
        self._show()
        if self._in_place:
            self._out.write("\n")
            self._out.flush()

    def _show_until_over(self) -> None:
        pause = ON_A_TERMINAL if self._in_place else ELSEWHERE
        while not self._over.wait(pause):
            self._show()
        connection.close()

    def _show(self) -> None:
        try:
            text = line(self._day, self._done, self._total, self._ask())
        except (DatabaseError, InterfaceError):
            # The database is just being started again; the next look will do.
            connection.close()
            time.sleep(0.1)
            return
        if self._in_place:
            self._out.write(f"\r{text}{' ' * max(0, len(self._last) - len(text))}")
        elif text != self._last:
            self._out.write(f"{text}\n")
        self._last = text
        self._out.flush()

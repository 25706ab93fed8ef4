"""What the world may ask of the hub: where hints go, and whether it has caught up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import OperationalError, close_old_connections
from django.db.models import Q

from integrations.choices import EnvelopeState, FactEnd, PostingState
from integrations.models import Envelope, Fact, Posting, Pull
from integrations.services import lanes
from reconciliation.choices import BankLineState, BatchState, DecisionState
from reconciliation.models import BankLine, SettlementBatch, Transaction

LOOK_EVERY: Final = 0.01
NUDGE_EVERY: Final = 1.0
#: So many postings may be on their way while the world goes on; more, and it waits.
BACKLOG: Final = 500

UNDER_WAY: Final = (
    PostingState.READY,
    PostingState.SENDING,
    PostingState.WAITING,
    PostingState.UNKNOWN,
    PostingState.ENTERED,
)


class HubStuckError(Exception):
    """The hub has not caught up for a long time; the message says what it waits for."""


@dataclass(frozen=True, slots=True)
class DemoHub:
    """The hub of this demo, asked through its own tables."""

    webhook_url: str
    webhook_secret: str
    connection: str
    patience: float = 300.0

    def wait_read(self, slot: datetime) -> None:
        """Until every stream has been read through `slot` and all of it is decided."""
        self._wait(lambda: self._behind(slot))

    def wait_hints(self) -> None:
        """Until every hint that was accepted has been confirmed."""
        self._wait(self._unconfirmed)

    def wait_settled(self) -> None:
        """Until nothing is under way any more."""
        self._wait(self._unsettled)

    def _behind(self, slot: datetime) -> str:
        if Pull.objects.filter(Q(through__isnull=True) | Q(through__lt=slot)).exists():
            return f"reading through {slot:%Y-%m-%d %H:%M}"
        return self._unread() or self._undecided() or self._backlog()

    def _unread(self) -> str:
        if Envelope.objects.filter(state=EnvelopeState.RECEIVED).exists():
            return "booking"
        return ""

    def _unconfirmed(self) -> str:
        if Fact.objects.filter(kind="hint", end=FactEnd.RECEIVED).exists():
            return "confirming hints"
        return self._unread()

    def _undecided(self) -> str:
        if Transaction.objects.filter(decision=DecisionState.DUE).exists():
            return "deciding"
        return ""

    def _backlog(self) -> str:
        waiting = Posting.objects.filter(
            state__in=(PostingState.READY, PostingState.SENDING, PostingState.WAITING)
        )
        return "posting" if waiting[: BACKLOG + 1].count() > BACKLOG else ""

    def _unsettled(self) -> str:
        if left := self._unconfirmed() or self._undecided():
            return left
        if Posting.objects.filter(state__in=UNDER_WAY).exists():
            return "posting"
        if BankLine.objects.filter(state=BankLineState.NEW).exists():
            return "matching bank lines"
        open_states = (BatchState.CLOSED, BatchState.OPEN, BatchState.WAITING, BatchState.MATCHED)
        if SettlementBatch.objects.filter(state__in=open_states).exists():
            return "certifying batches"
        return ""

    def _wait(self, left: Callable[[], str]) -> None:
        """Look again and again; PostgreSQL may go away and come back meanwhile."""
        began = nudged = time.monotonic()
        self._nudge(first=True)
        what = "the database"
        while time.monotonic() - began < self.patience:
            try:
                what = left()
                if not what:
                    return
                if time.monotonic() - nudged > NUDGE_EVERY:
                    nudged = time.monotonic()
                    self._nudge()
            except OperationalError:
                close_old_connections()
                time.sleep(0.2)
            time.sleep(LOOK_EVERY)
        raise HubStuckError(f"The hub has been {what} for {self.patience:.0f} seconds.")

    def _nudge(self, *, first: bool = False) -> None:
        """The clock has moved: wake the lanes as the schedule would within its minute."""
        try:
            for lane in lanes.lane_names():
                lanes.wake(lane)
        except OperationalError:
            if not first:
                raise
            close_old_connections()

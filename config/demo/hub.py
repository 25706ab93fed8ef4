"""What the world may ask of the hub: where hints go, and whether it has caught up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import OperationalError, close_old_connections, connection

from integrations.services import lanes

LOOK_EVERY: Final = 0.02
NUDGE_EVERY: Final = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """Something the hub may still be doing: what it is called, and SQL that is true meanwhile."""

    doing: str
    sql: str


READING: Final = Question(
    "reading", "SELECT 1 FROM integrations_pull WHERE through IS NULL OR through < %(slot)s"
)
CONFIRMING: Final = Question(
    "confirming hints",
    """SELECT 1 FROM integrations_fact WHERE kind = 'hint' AND "end" = 'received'""",
)
BOOKING: Final = Question("booking", "SELECT 1 FROM integrations_envelope WHERE state = 'received'")
DECIDING: Final = Question(
    "deciding",
    "SELECT 1 FROM reconciliation_transaction WHERE decision IN ('due', 'correcting')",
)
ORDERING: Final = Question(
    "deciding orders",
    "SELECT 1 FROM reconciliation_order o WHERE o.state = 'due' OR o.state = 'waiting' AND EXISTS"
    " (SELECT 1 FROM reconciliation_transaction t WHERE t.vendor_id = o.payment_ref)",
)
#: Money that came before its order's invoice: it is looked for again every few minutes.
PAYING: Final = Question(
    "applying payments to orders",
    "SELECT 1 FROM reconciliation_order o"
    " JOIN reconciliation_transaction t ON t.vendor_id = o.payment_ref"
    " JOIN reconciliation_exceptionitem x ON x.transaction_id = t.id"
    " WHERE o.state = 'invoiced' AND o.look_at IS NOT NULL AND x.state IN ('open', 'claimed')"
    " AND x.reason IN ('invoice_not_found', 'customer_unknown')",
)
LOOKS_AGAIN: Final = 600.0
#: Between the evening and the close lie hours, in which an order's invoice comes to be posted.
INVOICING: Final = Question(
    "posting invoices",
    "SELECT 1 FROM integrations_posting WHERE kind = 'invoice'"
    " AND state IN ('ready', 'sending', 'waiting', 'unknown', 'entered')",
)
APPLYING: Final = Question(
    "applying what an invoice can take again",
    "SELECT 1 FROM reconciliation_exceptionitem"
    " WHERE state IN ('open', 'claimed') AND jsonb_exists(details, 'freed_by')",
)
# So many decisions and postings may be on their way while the world goes on; more, and it waits.
DECIDING_MUCH: Final = Question(
    "deciding",
    "SELECT 1 FROM reconciliation_transaction WHERE decision = 'due' OFFSET 500 LIMIT 1",
)
POSTING_MUCH: Final = Question(
    "posting",
    "SELECT 1 FROM integrations_posting WHERE state IN ('ready', 'waiting') OFFSET 500 LIMIT 1",
)
POSTING: Final = Question(
    "posting",
    "SELECT 1 FROM integrations_posting"
    " WHERE state IN ('ready', 'sending', 'waiting', 'unknown', 'entered')",
)
MATCHING: Final = Question(
    "matching bank lines", "SELECT 1 FROM reconciliation_bankline WHERE state = 'new'"
)
CERTIFYING: Final = Question(
    "certifying batches",
    "SELECT 1 FROM reconciliation_settlementbatch"
    " WHERE state IN ('open', 'closed', 'waiting', 'matched')",
)


def _first_open(questions: tuple[Question, ...], slot: datetime | None) -> str:
    """What the hub is still doing, in one statement; empty when it has caught up."""
    asked = ", ".join(f"EXISTS ({question.sql})" for question in questions)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}", {"slot": slot})
        answers = cursor.fetchone() or ()
    for question, is_open in zip(questions, answers, strict=True):
        if is_open:
            return question.doing
    return ""


class HubStuckError(Exception):
    """The hub has not caught up for a long time; the message says what it waits for."""


@dataclass(frozen=True, slots=True)
class DemoHub:
    """The hub of this demo, asked through its own tables.

    has_shop: it takes a shop's orders. invoices_first: the world goes on once their invoices are
    posted; where vendors fail that may take long, and payments then come before them.
    """

    webhook_url: str
    webhook_secret: str
    connection: str
    patience: float = 300.0
    has_shop: bool = False
    invoices_first: bool = False

    def wait_read(self, slot: datetime) -> None:
        """Until every stream has been read through `slot` and booked; the rest may follow."""
        shop = (ORDERING, INVOICING) if self.invoices_first else ()
        self._wait((READING, CONFIRMING, BOOKING, *shop, DECIDING_MUCH, POSTING_MUCH), slot)

    def wait_hints(self) -> None:
        """Until every hint that was accepted has been confirmed."""
        self._wait((CONFIRMING, BOOKING), None)

    def wait_settled(self) -> None:
        """Until nothing is under way any more."""
        shop = (ORDERING, PAYING) if self.has_shop else ()
        rest = (DECIDING, *shop, APPLYING, POSTING, MATCHING, CERTIFYING)
        self._wait((CONFIRMING, BOOKING, *rest), None, LOOKS_AGAIN if self.has_shop else 0.0)

    def _wait(
        self, questions: tuple[Question, ...], slot: datetime | None, longer: float = 0.0
    ) -> None:
        """Look again and again; PostgreSQL may go away and come back meanwhile."""
        began = nudged = time.monotonic()
        self._nudge(first=True)
        what, patience = "the database", self.patience + longer
        while time.monotonic() - began < patience:
            try:
                what = _first_open(questions, slot)
                if not what:
                    return
                if time.monotonic() - nudged > NUDGE_EVERY:
                    nudged = time.monotonic()
                    self._nudge()
            except OperationalError:
                close_old_connections()
                time.sleep(0.2)
            time.sleep(LOOK_EVERY)
        raise HubStuckError(f"The hub has been {what} for {patience:.0f} seconds.")

    def _nudge(self, *, first: bool = False) -> None:
        """The clock has moved: wake the lanes as the schedule would within its minute."""
        try:
            for lane in lanes.lane_names():
                lanes.wake(lane)
        except OperationalError:
            if not first:
                raise
            close_old_connections()

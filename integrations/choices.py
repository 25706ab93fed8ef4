"""States of the edge, and the moves between them that are legal."""

from __future__ import annotations

from typing import Final

from django.db import models

from integrations.alert_kinds import (
    AlertKind,
    AlertState,
    Audience,
    Channel,
    DeliveryState,
    NoticeKind,
)

__all__ = [
    "FINAL_STATES",
    "POSTING_MOVES",
    "STANDING_STATES",
    "AlertKind",
    "AlertState",
    "AttemptOutcome",
    "Audience",
    "ChangeKind",
    "ChangeState",
    "ChangeStep",
    "Channel",
    "ConnectionState",
    "DeliveryState",
    "EnvelopeSource",
    "EnvelopeState",
    "Environment",
    "FactEnd",
    "NoticeKind",
    "PostOn",
    "PostingState",
]


class Environment(models.TextChoices):
    SANDBOX = "sandbox", "Sandbox"
    PRODUCTION = "production", "Production"


class ConnectionState(models.TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"


class ChangeKind(models.TextChoices):
    """What a proposed change is about."""

    NEW_CONNECTION = "new_connection", "New connection"
    CONNECTION = "connection", "Change of a connection"
    NEW_PAIR = "new_pair", "New payment route"
    PAIR = "pair", "Change of a payment route"
    SETTING = "setting", "Change of a setting"


class ChangeState(models.TextChoices):
    """Waiting is the only one that is not an end."""

    WAITING = "waiting", "Waits for a second person"
    APPLIED = "applied", "In force"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ChangeStep(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    APPLIED = "applied", "Put in force"
    NOT_PASSED = "not_passed", "Test did not pass"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class CircuitState(models.TextChoices):
    """Closed: it answers. Open: nobody asks for a while. Half open: one worker tries."""

    CLOSED = "closed", "Answering"
    OPEN = "open", "Not answering"
    HALF_OPEN = "half_open", "Being tried"


class EnvelopeSource(models.TextChoices):
    WEBHOOK = "webhook", "Webhook"
    PULL = "pull", "Pull"
    FILE = "file", "File"


#: The same in people's words.
CAME_BY: Final[dict[str, str]] = {
    EnvelopeSource.PULL: "Fetched",
    EnvelopeSource.WEBHOOK: "Announced (webhook)",
    EnvelopeSource.FILE: "File",
}


class EnvelopeState(models.TextChoices):
    RECEIVED = "received", "Received"
    READ = "read", "Read"
    UNREADABLE = "unreadable", "Unreadable"


class FactEnd(models.TextChoices):
    """How one fact of one envelope ended. RECEIVED is the only one that is not an end."""

    RECEIVED = "received", "Received"
    BOOKED = "booked", "Booked"
    DUPLICATE = "duplicate", "Duplicate"
    IGNORED = "ignored", "Ignored"
    BLOCKED = "blocked", "Blocked"
    UNREADABLE = "unreadable", "Unreadable"


class PostOn(models.TextChoices):
    SETTLED = "settled", "When its batch settles"
    CAPTURED = "captured", "At once, when it is captured"


class PostingState(models.TextChoices):
    READY = "ready", "Ready"
    SENDING = "sending", "Sending"
    ENTERED = "entered", "Entered"
    POSTED = "posted", "Posted"
    WAITING = "waiting", "Waiting to retry"
    UNKNOWN = "unknown", "Answer unknown"
    HELD = "held", "Held for a person"
    DUPLICATE = "duplicate", "Already there"
    CANCELLED = "cancelled", "Cancelled"


#: The posting's legal moves; `integrations.services.posting_*` are the only code that makes them.
POSTING_MOVES: Final[dict[str, frozenset[str]]] = {
    #: Held again where a person takes back that it was let go, before it is sent.
    PostingState.READY: frozenset(
        {PostingState.SENDING, PostingState.HELD, PostingState.CANCELLED}
    ),
    PostingState.SENDING: frozenset(
        {
            PostingState.ENTERED,
            PostingState.POSTED,
            PostingState.DUPLICATE,
            PostingState.WAITING,
            PostingState.UNKNOWN,
            PostingState.HELD,
        }
    ),
    PostingState.WAITING: frozenset({PostingState.SENDING, PostingState.CANCELLED}),
    PostingState.UNKNOWN: frozenset(
        {
            PostingState.ENTERED,
            PostingState.POSTED,
            PostingState.DUPLICATE,
            PostingState.READY,
            PostingState.HELD,
            PostingState.UNKNOWN,
        }
    ),
    PostingState.HELD: frozenset(
        {PostingState.READY, PostingState.UNKNOWN, PostingState.CANCELLED}
    ),
    #: Cancelled only where it is an ERP batch in which nothing is left.
    PostingState.ENTERED: frozenset({PostingState.POSTED, PostingState.CANCELLED}),
    #: Only where nothing was ever sent: an order to post a batch that holds documents again.
    PostingState.CANCELLED: frozenset({PostingState.READY}),
}

#: The document stands in the ERP.
STANDING_STATES: Final = (PostingState.ENTERED, PostingState.POSTED, PostingState.DUPLICATE)
#: The document stands in the ERP's ledger.
FINAL_STATES: Final = (PostingState.POSTED, PostingState.DUPLICATE)


class AttemptOutcome(models.TextChoices):
    DONE = "done", "Done"
    DUPLICATE = "duplicate", "Already there"
    CONFLICT = "conflict", "There with other content"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Never left"
    UNKNOWN = "unknown", "No answer"
    FOUND = "found", "Looked up: there"
    ABSENT = "absent", "Looked up: not there"

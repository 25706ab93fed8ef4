"""The edge's tables: connections, envelopes and facts, pulls, postings, lanes."""

from integrations.models.alert import Alert
from integrations.models.alert_route import AlertDelivery, AlertRoute, AlertSilence
from integrations.models.connection import Connection, Credential, Pair
from integrations.models.connection_change import (
    ConnectionChange,
    ConnectionChangeStep,
    ConnectionDraft,
)
from integrations.models.envelope import Envelope, Fact
from integrations.models.lane import Lane
from integrations.models.posting import Attempt, Posting
from integrations.models.pull import Pull, PullReading

__all__ = [
    "Alert",
    "AlertDelivery",
    "AlertRoute",
    "AlertSilence",
    "Attempt",
    "Connection",
    "ConnectionChange",
    "ConnectionChangeStep",
    "ConnectionDraft",
    "Credential",
    "Envelope",
    "Fact",
    "Lane",
    "Pair",
    "Posting",
    "Pull",
    "PullReading",
]

"""What alerts are about: who each kind is for, how urgent it is, and what it means in words."""

from __future__ import annotations

from typing import Final

from django.db import models


class Audience(models.TextChoices):
    """Who is told: those who keep the machinery running, or those who keep the books."""

    OPERATIONS = "operations", "Operations"
    FINANCE = "finance", "Finance"


class AlertState(models.TextChoices):
    OPEN = "open", "Open"
    CLEARED = "cleared", "Cleared"


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Signed webhook"


class NoticeKind(models.TextChoices):
    """What a message tells."""

    ALERT = "alert", "Alert"
    DIGEST = "digest", "Daily digest"
    TEST = "test", "Test message"


class DeliveryState(models.TextChoices):
    DUE = "due", "Due"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"


class AlertKind(models.TextChoices):
    """Something that somebody has to hear of. `audience` and `is_urgent` follow from it."""

    CONNECTION_DOWN = "connection_down", "Connection down"
    CONNECTION_AUTH = "connection_auth", "Credentials refused"
    CONNECTION_PAUSED = "connection_paused", "Connection paused"
    CONNECTION_QUIET = "connection_quiet", "Nothing new for longer than usual"
    DEAD_LETTER = "dead_letter", "Given up after the last attempt"
    UNKNOWN_OUTCOME = "unknown_outcome", "Answer unknown for too long"
    CARD_NUMBER = "card_number", "Card data removed at intake"
    WEBHOOK_SIGNATURES = "webhook_signatures", "Webhooks with wrong signatures"
    PAGE_UNREADABLE = "page_unreadable", "Vendor's answer unreadable"
    FACTS_MISSING = "facts_missing", "Gaps in what a gateway sent"
    DRAIN_FAILING = "drain_failing", "Part of the work keeps failing"
    WORKERS_STOPPED = "workers_stopped", "Workers stopped"
    DATABASE_UNREACHABLE = "database_unreachable", "Database could not be reached"
    DISK_FULL = "disk_full", "Disk nearly full"
    AUDIT_CHAIN = "audit_chain", "Audit chain broken"
    ALERT_UNDELIVERED = "alert_undelivered", "Alerts cannot be delivered"
    POSTING_REFUSED = "posting_refused", "Refused by the ERP"
    RULE_MISSING = "rule_missing", "A rule is missing"
    PAYMENT_UNCLEAR = "payment_unclear", "Payments that a person must place"
    BATCH_DISCREPANT = "batch_discrepant", "Settlement batch with a difference"
    DEPOSIT_LATE = "deposit_late", "Deposit late"
    EXCEPTIONS_OVERDUE = "exceptions_overdue", "Exceptions overdue"
    CENSUS_FINDING = "census_finding", "Ledger and books disagree"
    ERP_COUNT = "erp_count", "Documents missing or double in the ERP"

    @property
    def audience(self) -> Audience:
        return Audience.FINANCE if self in FINANCE_KINDS else Audience.OPERATIONS

    @property
    def is_urgent(self) -> bool:
        """Quiet hours do not hold it back."""
        return self in URGENT_KINDS

    @property
    def is_event(self) -> bool:
        """Something that happened and has no end of its own: acknowledging it ends it."""
        return self in EVENT_KINDS


FINANCE_KINDS: Final = frozenset(
    {
        AlertKind.POSTING_REFUSED,
        AlertKind.RULE_MISSING,
        AlertKind.PAYMENT_UNCLEAR,
        AlertKind.BATCH_DISCREPANT,
        AlertKind.DEPOSIT_LATE,
        AlertKind.EXCEPTIONS_OVERDUE,
        AlertKind.CENSUS_FINDING,
    }
)
URGENT_KINDS: Final = frozenset(
    {
        AlertKind.CARD_NUMBER,
        AlertKind.AUDIT_CHAIN,
        AlertKind.DISK_FULL,
        AlertKind.DATABASE_UNREACHABLE,
        AlertKind.CONNECTION_AUTH,
    }
)
EVENT_KINDS: Final = frozenset(
    {AlertKind.CARD_NUMBER, AlertKind.WORKERS_STOPPED, AlertKind.DATABASE_UNREACHABLE}
)


def kinds_for(audience: str) -> list[str]:
    """The kinds of one audience, as the database holds them."""
    return [kind.value for kind in AlertKind if kind.audience == audience]

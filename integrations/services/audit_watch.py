"""Verify the audit chain each night, and tell at once when it does not hold."""

from __future__ import annotations

from audit import services as audit
from integrations.choices import AlertKind
from integrations.locks import session_lock
from integrations.services import alerts

SUBJECT = "audit:chain"


def verify() -> int:
    """How many faults the chain has. One verification at a time."""
    with session_lock("audit:verify") as is_ours:
        if not is_ours:
            return 0
        report = audit.verify()
    if report.ok:
        alerts.clear(AlertKind.AUDIT_CHAIN, SUBJECT)
        return 0
    faults = [fault.sentence for fault in report.faults]
    alerts.raise_alert(
        AlertKind.AUDIT_CHAIN,
        SUBJECT,
        "The audit chain does not hold: entries were changed, removed or put in.",
        " ".join(faults)[:900],
    )
    return len(faults)

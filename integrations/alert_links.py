"""Where an alert leads: the page of what it is about, and the alert's own."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from integrations.choices import AlertKind
from integrations.models import Alert

#: The page of one row, by the word its subject begins with.
ROW_PAGES: Final = {
    "batch": "batch",
    "posting": "posting",
    "exception": "exception",
    "transaction": "transaction",
    "connection": "connection",
}
#: The list that shows the rows behind a kind, and how it is filtered.
LISTS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    AlertKind.DEAD_LETTER: ("postings", {"state": "held"}),
    AlertKind.UNKNOWN_OUTCOME: ("postings", {"state": "unknown"}),
    AlertKind.POSTING_REFUSED: ("exceptions", {}),
    AlertKind.RULE_MISSING: ("exceptions", {}),
    AlertKind.PAYMENT_UNCLEAR: ("exceptions", {}),
    AlertKind.EXCEPTIONS_OVERDUE: ("exceptions", {}),
    AlertKind.PAGE_UNREADABLE: ("exceptions", {}),
    AlertKind.BATCH_DISCREPANT: ("batches", {"state": "discrepant"}),
    AlertKind.ALERT_UNDELIVERED: ("alert-settings", {}),
    AlertKind.DEPOSIT_LATE: ("batches", {"state": "discrepant"}),
}


def page_of(alert: Alert) -> str:
    """The address of what the alert is about; empty when there is no page for it."""
    word, _, number = alert.subject.partition(":")
    if word in ROW_PAGES and number.isdecimal():
        return reverse(ROW_PAGES[word], args=[int(number)])
    if alert.kind in LISTS:
        name, query = LISTS[alert.kind]
        return reverse(name) + (f"?{urlencode(query)}" if query else "")
    if alert.connection_id:
        return reverse("connection", args=[alert.connection_id])
    return ""


def public(path: str) -> str:
    """A path as an address for a message; empty when nobody said where the console stands."""
    base = str(settings.TIEOUT_PUBLIC_URL).rstrip("/")
    return f"{base}{path}" if base and path else ""

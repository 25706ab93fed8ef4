"""What a message says: subject, text and HTML for people, one JSON document for programs.

All of it is made of the delivery's own row, so that a repeat is the same message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from integrations.alert_kinds import Audience
from integrations.choices import NoticeKind
from integrations.models import AlertDelivery

LONGEST_SUBJECT = 140


@dataclass(frozen=True, slots=True)
class Message:
    """`document` is what a webhook's body holds."""

    subject: str
    text: str
    html: str
    document: dict[str, Any]

    @property
    def body(self) -> bytes:
        return json.dumps(self.document, sort_keys=True, separators=(",", ":")).encode()


def message_of(delivery: AlertDelivery) -> Message:
    head = {
        "id": str(delivery.uid),
        "type": delivery.notice,
        "created_at": delivery.created_at.isoformat(),
    }
    if delivery.notice == NoticeKind.DIGEST:
        digest = delivery.digest
        return Message(
            f"[Tieout] {one_line(digest['subject'])}",
            digest["text"],
            digest["html"],
            head | {"digest": digest["figures"]},
        )
    if delivery.notice == NoticeKind.TEST:
        text = "This is a test message of Tieout: this route works.\n"
        return Message("[Tieout] Test message", text, "", head)
    events = [_shown(each) for each in delivery.events]
    context = {"events": events, "collected": delivery.collects}
    return Message(
        subject_of(delivery.events),
        render_to_string("integrations/mail/alerts.txt", context),
        render_to_string("integrations/mail/alerts.html", context),
        head | {"alerts": delivery.events},
    )


def subject_of(events: Sequence[dict[str, Any]]) -> str:
    """`[Tieout] Operations: Sage 500 is down`, `[Tieout] Over: …`, `[Tieout] 3 alerts: …`."""
    first = events[0]
    if len(events) > 1:
        over = sum(each["event"] == "cleared" for each in events)
        opened = len(events) - over
        parts = [
            f"{number} {word}"
            for number, word in ((opened, "alerts" if opened > 1 else "alert"), (over, "over"))
            if number
        ]
        return one_line(f"[Tieout] {', '.join(parts)}: {first['title']}, …")
    word = "Over" if first["event"] == "cleared" else Audience(first["audience"]).label
    urgent = "Urgent, " if first["is_urgent"] and first["event"] == "opened" else ""
    return one_line(f"[Tieout] {urgent}{word}: {first['title']}")


def one_line(text: str) -> str:
    """A header holds one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    times = ("opened_at", "last_at", "cleared_at")
    return event | {
        name: f"{datetime.fromisoformat(event[name]):%Y-%m-%d %H:%M} UTC"
        for name in times
        if event[name]
    }

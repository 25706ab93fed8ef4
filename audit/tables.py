"""Columns and formats of the audit log."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from audit.models import Entry
from console import formats
from console.keyset import Order
from console.tables import Column, Table


def subject(row: Entry) -> str:
    return f"{row.subject_type}:{row.subject_id}" if row.subject_type else ""


def actor(row: Entry) -> str:
    return row.actor.removeprefix("user:")


ENTRIES: Final = Table[Entry](
    caption="Audit entries",
    order=Order("recorded_at"),
    card=("actor", "action", "summary"),
    columns=(
        Column(
            "recorded_at",
            "When",
            lambda row: row.recorded_at,
            lambda row: formats.link(
                reverse("audit-entry", args=[row.pk]), formats.moment_text(row.recorded_at)
            ),
            sort="recorded_at",
        ),
        Column("actor", "Who", actor),
        Column("action", "Did", lambda row: row.action.replace(".", " ").replace("_", " ")),
        Column("subject", "To", subject, css="clip"),
        Column(
            "summary",
            "In words",
            lambda row: row.summary,
            lambda row: formats.text(formats.said(row.summary)),
            css="wide",
        ),
        Column(
            "business_on",
            "Business day",
            lambda row: row.business_on,
            lambda row: formats.day(row.business_on),
        ),
    ),
)

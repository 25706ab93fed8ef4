"""Columns and formats of the edge's lists."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from integrations.choices import CAME_BY, EnvelopeState
from integrations.models import Envelope

ENVELOPE_TONES: Final[dict[str, str]] = {
    EnvelopeState.RECEIVED: "info",
    EnvelopeState.READ: "good",
    EnvelopeState.UNREADABLE: "bad",
}


ENVELOPES: Final = Table[Envelope](
    caption="Envelopes",
    order=Order("received_at"),
    card=("connection", "kind", "state"),
    columns=(
        Column(
            "received_at",
            "Received",
            lambda row: row.received_at,
            lambda row: formats.link(
                reverse("envelope", args=[row.pk]), formats.moment_text(row.received_at)
            ),
            sort="received_at",
        ),
        Column("connection", "Connection", lambda row: row.connection.name),
        Column("source", "Came by", lambda row: CAME_BY[row.source]),
        Column("kind", "Kind", lambda row: row.kind),
        Column("name", "Name", lambda row: row.name, css="clip"),
        Column(
            "size",
            "Bytes",
            lambda row: row.size,
            lambda row: formats.text(formats.number_text(row.size)),
            is_number=True,
        ),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: formats.tag(row.get_state_display(), ENVELOPE_TONES[row.state]),
        ),
        Column("problem", "Problem", lambda row: row.problem, css="clip"),
    ),
)

"""What became of one record of a stored document on its way into the canonical shape."""

from __future__ import annotations

from integrations.canonical import Unreadable
from integrations.errors import EdgeError
from integrations.models import Envelope
from integrations.normalised import Step, TellsSources, steps_of
from integrations.record_text import NotFoundError, json_record
from integrations.services.connectors import reader_of


def steps_in(envelope: Envelope, body: bytes, position: int) -> list[Step]:
    """Field by field; empty for what could not be read, or where the connector does not say it."""
    try:
        reader = reader_of(envelope.connection)
        sources = reader.sources_of(envelope.kind) if isinstance(reader, TellsSources) else {}
        if not sources:
            return []
        records = reader.parse(envelope.kind, body, envelope.context).records
        if position >= len(records):
            return []
        record = records[position]
        if isinstance(record, Unreadable):
            return []
        return steps_of(record, json_record(body, position), sources)
    except (EdgeError, NotFoundError):
        return []

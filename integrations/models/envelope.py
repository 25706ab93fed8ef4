"""What came in: envelopes as bytes, and the facts in them, each with its end."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from integrations.choices import EnvelopeSource, EnvelopeState, FactEnd
from integrations.models.connection import Connection


class Envelope(models.Model):
    """Bytes as they came, after the card-number guard, encrypted; never changed once stored.

    `identity` comes from signed vendor material, else it is the hash of the content.
    `original_hash` is a keyed hash of the bytes before the guard removed anything.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="envelopes", db_index=False
    )  # envelope_once begins with it
    source = models.CharField(max_length=10, choices=EnvelopeSource.choices)
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=120, blank=True)
    identity = models.CharField(max_length=130)
    received_at = models.DateTimeField()
    business_at = models.DateTimeField()
    headers: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    context: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    key_id = models.CharField(max_length=40)
    body = models.BinaryField()
    size = models.PositiveIntegerField()
    original_hash = models.CharField(max_length=64)
    guard_findings: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    state = models.CharField(
        max_length=10, choices=EnvelopeState.choices, default=EnvelopeState.RECEIVED
    )
    problem = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "kind", "identity"), name="envelope_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("connection", "id"),
                name="envelope_to_read",
                condition=Q(state=EnvelopeState.RECEIVED),
            ),
            models.Index(fields=("connection", "kind", "name"), name="envelope_by_name"),
            BrinIndex(fields=("business_at",), name="envelope_by_day"),
            # New rows come at its end, where an index grows at least cost.
            models.Index(fields=("received_at", "id"), name="envelope_by_time"),
            # Rows that are few among many: what comes by webhook stands in none of these.
            models.Index(fields=("name",), name="envelope_named", condition=~Q(name="")),
            models.Index(
                fields=("received_at", "id"),
                name="envelope_unreadable",
                condition=Q(state=EnvelopeState.UNREADABLE),
            ),
            models.Index(
                fields=("received_at", "id"),
                name="envelope_file",
                condition=Q(source=EnvelopeSource.FILE),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


class Fact(models.Model):
    """One record of one envelope and how it ended; booked once for each meaning and turn.

    `turn` counts how often the vendor has come back to a meaning after it had said another.
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="facts")
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # fact_by_vendor_id begins with it
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    vendor_id = models.CharField(max_length=100, blank=True)
    meaning_hash = models.CharField(max_length=64, blank=True)
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)
    end = models.CharField(max_length=10, choices=FactEnd.choices, default=FactEnd.RECEIVED)
    rule = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("envelope", "position"), name="fact_position_once"),
            models.UniqueConstraint(
                fields=("connection", "kind", "vendor_id", "meaning_hash", "turn"),
                name="fact_booked_once",
                condition=Q(end=FactEnd.BOOKED),
            ),
            models.CheckConstraint(
                condition=~Q(end=FactEnd.DUPLICATE) | Q(duplicate_of__isnull=False),
                name="fact_duplicate_names_its_first",
            ),
            models.CheckConstraint(
                condition=~Q(end=FactEnd.IGNORED) | ~Q(rule=""), name="fact_ignored_names_its_rule"
            ),
        )
        indexes = (
            models.Index(fields=("connection", "kind", "vendor_id"), name="fact_by_vendor_id"),
            models.Index(
                fields=("connection", "kind", "id"),
                name="fact_without_end",
                condition=Q(end=FactEnd.RECEIVED),
            ),
            models.Index(
                fields=("kind", "id"),
                name="fact_blocked",
                condition=Q(end=FactEnd.BLOCKED),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.vendor_id}"

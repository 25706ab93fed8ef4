"""The audit log: entries, the links that chain them, and checkpoints. All are append-only.

Database triggers refuse UPDATE, DELETE and TRUNCATE on the three tables (append_only.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from audit import verifier

ENTRY_VERSION = 1


def iso(moment: datetime) -> str:
    """UTC with microseconds: the form that is hashed and exported."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Entry(models.Model):
    """Something that a person or a worker did, committed together with what was done.

    recorded_at is wall time, business_on the business day if there is one. actor is
    "user:<name>", "key:<name>", "worker" or "system". details holds text, whole numbers,
    booleans and nothing secret; amounts are texts.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.PositiveSmallIntegerField(default=ENTRY_VERSION)
    recorded_at = models.DateTimeField(default=timezone.now)
    business_on = models.DateField(null=True, blank=True)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80, blank=True)
    subject_id = models.CharField(max_length=200, blank=True)
    summary = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_entry_subject"),
            models.Index(fields=["recorded_at"], name="audit_entry_recorded_at"),
            models.Index(fields=["action", "id"], name="audit_entry_action"),
            # What workers do is nearly everything, and is found by time.
            models.Index(
                fields=["actor", "recorded_at", "id"],
                name="audit_entry_by_person",
                condition=~models.Q(actor="worker"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor} at {iso(self.recorded_at)}"

    def record(self) -> dict[str, Any]:
        """Every field, in the form that is hashed and exported."""
        return entry_record(
            (
                *(self.id, self.version, self.recorded_at, self.business_on, self.actor),
                *(self.action, self.subject_type, self.subject_id, self.summary, self.details),
            )
        )


ENTRY_COLUMNS = (
    *("id", "version", "recorded_at", "business_on", "actor"),
    *("action", "subject_type", "subject_id", "summary", "details"),
)


def entry_record(values: tuple[Any, ...]) -> dict[str, Any]:
    """The values of ENTRY_COLUMNS as the record that is hashed and exported."""
    record = dict(zip(ENTRY_COLUMNS, values, strict=True))
    record["recorded_at"] = iso(record["recorded_at"])
    if record["business_on"] is not None:
        record["business_on"] = record["business_on"].isoformat()
    return record


class ChainLink(models.Model):
    """One entry's place in the chain.

    position counts from 1 in the order of sealing, which is the order of commit as far as the
    sealer could see it. hash is SHA-256 over the hash before it and the canonical entry.
    """

    position = models.BigIntegerField(primary_key=True)
    # No constraint in the database: entries cannot be deleted, and links are made by the million.
    entry = models.OneToOneField(
        Entry, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link"
    )
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "chain link"

    def __str__(self) -> str:
        return f"position {self.position}: entry {self.entry_id}"


class Checkpoint(models.Model):
    """The end of one batch of links.

    entries counts the links of the batch, through_id is the highest entry id sealed so far, and
    seal chains the checkpoints themselves over every field.
    """

    position = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    entries = models.PositiveIntegerField()
    through_id = models.BigIntegerField()
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name = "checkpoint"

    def __str__(self) -> str:
        return f"position {self.position} at {iso(self.sealed_at)}"

    def record(self) -> dict[str, Any]:
        """Every field, in the form that is hashed and exported."""
        return {name: getattr(self, name) for name in verifier.CHECKPOINT_FIELDS} | {
            "sealed_at": iso(self.sealed_at)
        }

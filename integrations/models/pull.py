"""Where each stream of each connection has been read to."""

from __future__ import annotations

from typing import Any

from django.db import models

from integrations.models.connection import Connection


class Pull(models.Model):
    """A stream that is read on a grid of business time.

    Slots are the multiples of `every_minutes` since midnight UTC. `through` is the newest slot
    that was read completely; the cursor belongs to the connector and is stored together with the
    envelopes of its page. `not_before` is wall time: the back-off after a failure.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="pulls")
    stream = models.CharField(max_length=20)
    every_minutes = models.PositiveIntegerField(default=15)
    cursor: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    through = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("connection", "stream")
        constraints = (
            models.UniqueConstraint(fields=("connection", "stream"), name="pull_stream_once"),
            models.CheckConstraint(
                condition=models.Q(every_minutes__gte=1), name="pull_every_minute_at_most"
            ),
        )

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.stream}"


class PullReading(models.Model):
    """A stream was read to its end at a slot; append-only.

    It holds all that the vendor took in after `since`, the slot before (null: from the beginning):
    slots between the two were missed and are made good by this one.
    """

    pull = models.ForeignKey(Pull, on_delete=models.PROTECT, related_name="readings")
    slot = models.DateTimeField()
    since = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField()
    pages = models.PositiveIntegerField()

    class Meta:
        ordering = ("pull", "slot")
        constraints = (
            models.UniqueConstraint(fields=("pull", "slot"), name="pull_reading_slot_once"),
        )

    def __str__(self) -> str:
        return f"{self.pull_id}: {self.slot}"

"""Which lane of drains has a wake-up in the queue or a worker at work."""

from __future__ import annotations

from django.db import models


class Lane(models.Model):
    """`queued_at` is set while one wake-up stands in the queue: there is never a second one.

    `beat_at` is wall time of the worker's last sign of life, null when none is at work.
    """

    name = models.CharField(max_length=20, primary_key=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    peak_memory_mb = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

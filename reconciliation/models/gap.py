"""What was read again because something was missing; append-only."""

from __future__ import annotations

from django.db import models

from integrations.models import Connection
from reconciliation.choices import GapCause


class GapReading(models.Model):
    """One look for what is missing. `subject` names it, e.g. `batch:12` or `transaction:410000030`.

    `documents` were read, of which `news` were not known yet. `next_at` is wall time: it is not
    looked for again before.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=20, choices=GapCause.choices)
    subject = models.CharField(max_length=120)
    business_on = models.DateField()
    number = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    next_at = models.DateTimeField()
    documents = models.PositiveIntegerField(default=0)
    news = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "subject", "number"), name="gap_reading_once"
            ),
        )
        indexes = (
            models.Index(fields=("connection", "business_on", "id"), name="gap_reading_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.subject} #{self.number}"

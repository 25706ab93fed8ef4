"""Alerts: what somebody has to hear of, once for each outage however often it shows itself."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from integrations.choices import AlertKind, AlertState
from integrations.models.connection import Connection


class Alert(models.Model):
    """One trouble from its beginning to its end.

    `subject` names what it is about, e.g. `connection:3`; while it is open, the same kind and
    subject again only count. `owner` is the person who looks after what it is about, e.g.
    `user:ann`, and is told by mail beside the routes; empty for a team. `tell_opened` and
    `tell_cleared` are set until the routes have been asked who is to hear of it, not before
    `tell_at` (wall time): a silence puts that off, and an end is told when the trouble has stayed
    away for a while.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=30, help_text="One of AlertKind.")
    subject = models.CharField(max_length=160)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=1000, blank=True)
    owner = models.CharField(max_length=160, blank=True, default="", db_default="")
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="alerts"
    )
    state = models.CharField(max_length=10, choices=AlertState.choices, default=AlertState.OPEN)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    cleared_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=80, blank=True)
    tell_opened = models.BooleanField(default=True)
    tell_cleared = models.BooleanField(default=False)
    tell_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-last_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject"),
                name="alert_open_once",
                condition=Q(state=AlertState.OPEN),
            ),
            models.CheckConstraint(
                condition=Q(state__in=AlertState.values), name="alert_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=AlertState.OPEN, cleared_at__isnull=True)
                | Q(state=AlertState.CLEARED, cleared_at__isnull=False),
                name="alert_cleared_has_time",
            ),
        )
        indexes = (
            models.Index(fields=("kind", "subject", "-id"), name="alert_by_subject"),
            models.Index(fields=("last_at", "id"), name="alert_by_time"),
            models.Index(fields=("state", "last_at", "id"), name="alert_by_state"),
            models.Index(
                fields=("tell_at", "id"),
                name="alert_to_tell",
                condition=Q(tell_opened=True) | Q(tell_cleared=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"

    @property
    def meaning(self) -> AlertKind:
        return AlertKind(self.kind)

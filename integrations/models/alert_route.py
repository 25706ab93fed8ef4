"""Who hears of which alerts, when not, and every message that is or was on its way."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from integrations.choices import Audience, Channel, DeliveryState, NoticeKind
from integrations.models.connection import Connection


class AlertRoute(models.Model):
    """One address and what is sent there.

    `kinds` narrows the audience; empty means all of it. A null connection means all, and alerts
    about no connection are sent then too. Times of day are of `time_zone`; quiet hours may pass
    midnight. The signing secret is encrypted by the vault and shown nowhere. So is a webhook's
    address that lets in whoever knows it; `address` is then what is shown of it.
    """

    name = models.CharField(max_length=80, unique=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=300)
    audience = models.CharField(max_length=12, choices=Audience.choices, blank=True)
    kinds: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    sends_recoveries = models.BooleanField(default=True)
    sends_digest = models.BooleanField(default=False)
    digest_at = models.TimeField(default="07:00")
    time_zone = models.CharField(max_length=40, default="UTC")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    key_id = models.CharField(max_length=40, blank=True)
    ciphertext = models.BinaryField(default=b"")
    address_key_id = models.CharField(max_length=40, blank=True)
    address_ciphertext = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_to__isnull=True)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="alert_route_quiet_hours_whole",
            ),
        )

    def __str__(self) -> str:
        return self.name


class AlertSilence(models.Model):
    """Until a moment of wall time nobody is told of a kind, of a connection, or of both together.

    Empty kind and null connection stand for all. Alerts open and count as ever; what is still
    open when the silence ends is told then.
    """

    kind = models.CharField(max_length=30, blank=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-until", "-id")
        indexes = (models.Index(fields=("until",), name="alert_silence_until"),)

    def __str__(self) -> str:
        return f"{self.kind or 'all kinds'} until {self.until:%Y-%m-%d %H:%M}"


class AlertDelivery(models.Model):
    """One message to one address. The row is the queue; `uid` is the message's id wherever it goes.

    `events` is what a message about alerts tells, in order, as `alert_messages` reads it. Before
    the first attempt more may be added (what quiet hours collect); afterwards it stays as it is,
    so that a repeat is the same message. A message without a route goes to an address of the
    environment.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    route = models.ForeignKey(
        AlertRoute, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=300)
    notice = models.CharField(max_length=10, choices=NoticeKind.choices)
    events: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    digest_on = models.DateField(null=True, blank=True)
    digest: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    collects = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "address", "digest_on"),
                name="alert_digest_once",
                condition=Q(digest_on__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("route",),
                name="alert_collects_once",
                condition=Q(collects=True, state="due", attempts=0),
            ),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.SENT) | Q(sent_at__isnull=False, attempts__gt=0),
                name="alert_delivery_sent_has_time",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                name="alert_delivery_due",
                condition=Q(state=DeliveryState.DUE),
            ),
            models.Index(F("route"), F("id").desc(), name="alert_delivery_by_route"),
            GinIndex(
                fields=("events",), name="alert_delivery_by_alert", opclasses=("jsonb_path_ops",)
            ),
        )

    def __str__(self) -> str:
        return f"{self.uid} to {self.address}"

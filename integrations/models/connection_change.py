"""Changes of connections, pairs and settings: answers given, and what waits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from integrations.choices import ChangeKind, ChangeState, ChangeStep, Environment
from integrations.models.connection import Connection, Pair


class ConnectionDraft(models.Model):
    """A form that somebody is filling in, of a new connection or of one there is.

    It is its owner's alone and has no effect. Secrets are sealed by the vault as one text of JSON
    ({name: value}); `checks` is what the last test of exactly these answers found.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="connection_drafts"
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, blank=True, related_name="drafts"
    )
    connector = models.CharField(max_length=40)
    name = models.CharField(max_length=80, blank=True)
    account = models.CharField(max_length=60, blank=True)
    environment = models.CharField(
        max_length=12, choices=Environment.choices, default=Environment.SANDBOX
    )
    resend_absent_after_minutes = models.PositiveIntegerField(null=True, blank=True)
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    settings_done = models.BooleanField(default=False)
    secrets_done = models.BooleanField(default=False)
    key_id = models.CharField(max_length=40, blank=True)
    ciphertext = models.BinaryField(default=b"")
    checks: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    passed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "connection"), name="connection_draft_once_each_person"
            ),
        )

    def __str__(self) -> str:
        return self.name or self.connector

    @property
    def is_sandbox(self) -> bool:
        return self.environment == Environment.SANDBOX

    @property
    def next_step(self) -> str:
        """Where its owner left off."""
        if not self.settings_done:
            return "settings"
        if not self.secrets_done:
            return "secrets"
        return "finish" if self.passed else "test"


class ConnectionChange(models.Model):
    """A change as one person proposed it; what it says is never altered, only decided.

    `fields` holds the new values, `before` the values that they replace, both JSON-plain; secrets
    are named in `secret_names` and sealed apart, and gone when the change is decided.
    """

    kind = models.CharField(max_length=16, choices=ChangeKind.choices)
    state = models.CharField(
        max_length=10, choices=ChangeState.choices, default=ChangeState.WAITING
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="changes"
    )
    pair = models.ForeignKey(
        Pair, on_delete=models.PROTECT, null=True, blank=True, related_name="changes"
    )
    subject = models.CharField(
        max_length=60, blank=True, db_default="", help_text="Which setting; see setting_changes."
    )
    title = models.CharField(max_length=120)
    is_sandbox = models.BooleanField()
    fields: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    secret_names: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    key_id = models.CharField(max_length=40, blank=True)
    ciphertext = models.BinaryField(default=b"")
    needs_other = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    checks: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("connection",),
                condition=Q(state="waiting"),
                name="connection_change_one_waits",
            ),
            models.UniqueConstraint(
                fields=("pair",), condition=Q(state="waiting"), name="pair_change_one_waits"
            ),
            models.UniqueConstraint(
                fields=("subject",),
                condition=Q(state="waiting") & ~Q(subject=""),
                name="setting_change_one_waits",
            ),
            models.CheckConstraint(
                condition=Q(kind="setting") & ~Q(subject="") | ~Q(kind="setting") & Q(subject=""),
                name="setting_change_has_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied", needs_other=True)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="connection_change_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(ciphertext=b""),
                name="connection_change_secrets_gone",
            ),
        )
        indexes = (
            models.Index(
                fields=("made_at",), condition=Q(state="waiting"), name="connection_change_waiting"
            ),
        )

    def __str__(self) -> str:
        return self.title


class ConnectionChangeStep(models.Model):
    """What happened to a proposed change, in order; rows are added only."""

    change = models.ForeignKey(ConnectionChange, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=10, choices=ChangeStep.choices)
    actor = models.CharField(max_length=160)
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.change_id}: {self.step}"

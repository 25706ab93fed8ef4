"""Bulk runs: one action for all that a filter selects, worked off in portions, row by row told."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from reconciliation.choices import RunItemState, RunOrigin, RunState
from reconciliation.models.exception import ExceptionItem


class BulkRun(models.Model):
    """What was asked for all at once. `amounts` is the money it is about, by currency, as text.

    `action` is empty where each row has its own: a spreadsheet that came back.
    """

    action = models.CharField(max_length=30, blank=True)
    values: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    origin = models.CharField(max_length=10, choices=RunOrigin.choices)
    chosen_by = models.CharField(max_length=400, help_text="The selection in words.")
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    actor = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState.choices)
    approved_by = models.CharField(max_length=80, blank=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    amounts: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    worked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=400, blank=True, help_text="Why it ended early.")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("worked_at", "id"), name="bulk_run_going", condition=Q(state="running")
            ),
            models.Index(fields=("state", "id"), name="bulk_run_by_state"),
        )

    def __str__(self) -> str:
        return f"run {self.pk}: {self.action or self.origin}"


class Sheet(models.Model):
    """A spreadsheet that came back, checked row by row, until it is applied or left.

    `rows` holds what each row says and what came of the check: plain values, see `services.sheets`.
    """

    name = models.CharField(max_length=120)
    actor = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    rows: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField()
    run = models.OneToOneField(
        BulkRun, on_delete=models.PROTECT, null=True, blank=True, related_name="sheet"
    )

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name}, {len(self.rows)} row(s)"


class BulkItem(models.Model):
    """One exception of a run, and its end. `before` is what an undo puts back."""

    run = models.ForeignKey(BulkRun, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey(ExceptionItem, on_delete=models.PROTECT, related_name="bulk_items")
    action = models.CharField(max_length=30)
    values: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=RunItemState.choices, default=RunItemState.WAITING
    )
    said = models.CharField(max_length=400, blank=True)
    revision = models.PositiveIntegerField(
        null=True, blank=True, help_text="Done only while the exception has this one."
    )
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("item",),
                name="exception_in_one_unfinished_run",
                condition=Q(state=RunItemState.WAITING),
            ),
        )
        indexes = (models.Index(fields=("run", "state", "id"), name="bulk_item_by_state"),)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.item_id}"

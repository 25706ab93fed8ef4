"""What a rule set would have posted: a replay over a past period, kept with its approval."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from integrations.models import Pair
from mapping.models import RuleSetVersion
from reconciliation.choices import ImpactState
from reconciliation.models.batch import SettlementBatch
from reconciliation.models.transaction import Transaction


class Impact(models.Model):
    """One replay of a version over the business days `first_on` to `last_on`.

    `rules_hash` names the rows that were replayed: a draft that was edited since needs a new one.
    Counts are of documents. `same_hash` is a digest over the content of all that stay the same, in
    order. `accounts` sums the movement of each account (debits positive), changed documents alone.
    """

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="impacts")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="impacts")
    rules_hash = models.CharField(max_length=64)
    first_on = models.DateField()
    last_on = models.DateField()
    state = models.CharField(
        max_length=10, choices=ImpactState.choices, default=ImpactState.RUNNING
    )
    said = models.CharField(max_length=300, blank=True)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    last_transaction = models.BigIntegerField(default=0)
    last_batch = models.BigIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    apart = models.PositiveIntegerField(default=0)
    same_hash = models.CharField(max_length=64, blank=True)
    accounts: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    risks: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        default=dict, db_default={}, help_text="How many payments each risk row would have caught."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="impact_period_in_order"
            ),
            models.UniqueConstraint(
                fields=("version",),
                condition=Q(state=ImpactState.RUNNING),
                name="impact_one_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version_id}: {self.first_on} to {self.last_on}"

    @property
    def differing(self) -> int:
        """Documents that would be others, not counting those that stand apart."""
        return self.changed + self.new + self.vanished


class ImpactRow(models.Model):
    """A document that would be another one; `before` and `after` as their postings store them."""

    impact = models.ForeignKey(Impact, on_delete=models.CASCADE, related_name="rows")
    change = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    batch = models.ForeignKey(
        SettlementBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    business_on = models.DateField()
    customer_id = models.CharField(max_length=20, blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    currency = models.CharField(max_length=3)
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    after: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    moved: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("impact", "change", "id"), name="impact_row_by_change"),)

    def __str__(self) -> str:
        return f"{self.change} {self.kind}"


class ImpactApproval(models.Model):
    """Who put a version in force having seen this; append-only."""

    impact = models.OneToOneField(Impact, on_delete=models.PROTECT, related_name="approval")
    active_from = models.DateField()
    approved_by = models.CharField(max_length=80)
    approved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.impact_id} by {self.approved_by}"

"""Settlement batches, bank lines, how they match, and the certificates that prove it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from integrations.models import Connection, Fact
from reconciliation.choices import BankLineState, BatchState


class SettlementBatch(models.Model):
    """A gateway settlement batch: magnitudes as reported, fee and net as the contract has them.

    `reasons` are the named causes of state waiting or discrepant: [{"reason", "message",
    "amount"}]. `reported_*` are null until the gateway's own batch record has been read.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="batches")
    vendor_ref = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_on = models.DateField()
    reported_count = models.PositiveIntegerField(null=True, blank=True)
    reported_sales = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    reported_refunds = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    sales_amount = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    refunds_amount = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    fee_amount = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    net_amount = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    bank_amount = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    residual = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    state = models.CharField(max_length=12, choices=BatchState.choices, default=BatchState.OPEN)
    reasons: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        default=list
    )
    accepted = models.CharField(max_length=400, blank=True)
    last_fact = models.ForeignKey(
        Fact, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-closed_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("connection", "vendor_ref"), name="settlement_batch_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    net_amount=models.F("sales_amount")
                    - models.F("refunds_amount")
                    - models.F("fee_amount")
                ),
                name="settlement_batch_net",
            ),
        )
        indexes = (
            models.Index(fields=("closed_on", "id"), name="batch_by_day"),
            models.Index(fields=("state", "closed_on", "id"), name="batch_by_state"),
            models.Index(fields=("net_amount", "closed_on", "id"), name="batch_by_net"),
            models.Index(
                fields=("vendor_ref",), name="batch_by_ref", opclasses=("varchar_pattern_ops",)
            ),
        )

    def __str__(self) -> str:
        return f"Batch {self.vendor_ref}"


class BatchHistory(models.Model):
    """What a fact changed about a batch; append-only.

    `before` and `after` hold texts: the figures that the gateway reported ({"count", "sales",
    "refunds"}), or a member as it stood and stands ({"transaction", "batch", "amount"}).
    """

    batch = models.ForeignKey(SettlementBatch, on_delete=models.PROTECT, related_name="history")
    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="+")
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    before: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField()
    after: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField()
    business_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("batch", "fact"), name="batch_history_fact_once"),
        )

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.to_state}"


class BankLine(models.Model):
    """A line of a bank statement, once; `amount` is signed from the merchant's side."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="bank_lines")
    fact = models.OneToOneField(Fact, on_delete=models.PROTECT, related_name="bank_line")
    fingerprint = models.CharField(max_length=100)
    booked_on = models.DateField()
    description = models.CharField(max_length=200)
    reference = models.CharField(max_length=100, blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    balance = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3)
    state = models.CharField(
        max_length=10, choices=BankLineState.choices, default=BankLineState.NEW
    )
    rule = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("-booked_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("connection", "fingerprint"), name="bank_line_once"),
        )
        indexes = (
            models.Index(fields=("booked_on", "id"), name="bank_line_by_day"),
            models.Index(fields=("state", "booked_on", "id"), name="bank_line_by_state"),
            models.Index(fields=("amount", "booked_on", "id"), name="bank_line_by_amount"),
            models.Index(
                fields=("reference",),
                name="bank_line_by_reference",
                opclasses=("varchar_pattern_ops",),
            ),
            models.Index(
                fields=("connection", "booked_on"),
                name="bank_line_to_match",
                condition=Q(state=BankLineState.NEW),
            ),
        )

    def __str__(self) -> str:
        return f"{self.booked_on} {self.description} {self.amount}"


class Match(models.Model):
    """A bank line pays (part of) a settlement batch."""

    batch = models.ForeignKey(SettlementBatch, on_delete=models.PROTECT, related_name="matches")
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="matches")
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    rule = models.CharField(max_length=120)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("batch", "line"), name="match_once"),)

    def __str__(self) -> str:
        return f"{self.batch_id} ↔ {self.line_id}"


class Certificate(models.Model):
    """The proof that a batch ties out (or why not); never edited, only superseded."""

    batch = models.ForeignKey(
        SettlementBatch, on_delete=models.PROTECT, related_name="certificates"
    )
    number = models.PositiveIntegerField()
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    body_hash = models.CharField(max_length=64)
    ties_out = models.BooleanField()
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    business_at = models.DateTimeField()
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ("batch", "-number")
        constraints = (
            models.UniqueConstraint(fields=("batch", "number"), name="certificate_number_once"),
        )

    def __str__(self) -> str:
        return f"Certificate {self.number} of batch {self.batch_id}"

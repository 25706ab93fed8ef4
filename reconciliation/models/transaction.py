"""Payment transactions as the gateway's facts tell them, with their history."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from integrations.models import Connection, Fact
from reconciliation.choices import (
    TERMINAL,
    DecisionState,
    Placement,
    TransactionKind,
    TransactionStatus,
)


class Transaction(models.Model):
    """One gateway transaction. `amount` is a magnitude; `kind` says which way it moves."""

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="transactions", db_index=False
    )  # transaction_by_batch_ref begins with it
    vendor_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=15, choices=TransactionKind.choices)
    status = models.CharField(max_length=20, choices=TransactionStatus.choices)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    currency = models.CharField(max_length=3)
    captured_at = models.DateTimeField()
    captured_on = models.DateField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_on = models.DateField(null=True, blank=True)
    batch_ref = models.CharField(max_length=40, blank=True)
    batch = models.ForeignKey(
        "reconciliation.SettlementBatch",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transactions",
        db_index=False,
    )  # transaction_by_batch begins with it
    customer_ref = models.CharField(max_length=60, blank=True)
    payer_ref = models.CharField(max_length=60, blank=True)
    reference_texts: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    payer: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Who paid, as the gateway shows it."
    )
    parent_ref = models.CharField(max_length=60, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    method = models.CharField(max_length=20, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    approval_code = models.CharField(max_length=20, blank=True)
    response = models.CharField(max_length=120, blank=True)
    decision = models.CharField(
        max_length=10, choices=DecisionState.choices, default=DecisionState.WAITING
    )
    decided_rule = models.CharField(max_length=120, blank=True)
    placement = models.CharField(max_length=15, choices=Placement.choices, blank=True)
    customer_id = models.CharField(max_length=20, blank=True, help_text="The ERP's customer.")
    asked_amount = models.DecimalField(
        max_digits=15,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="What the invoices that it names asked for when it was decided, if known.",
    )
    original_amount = models.DecimalField(
        max_digits=15,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="What the gateway says, where it is booked in the pair's currency instead.",
    )
    original_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    booked_rate = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    rate_source = models.CharField(
        max_length=200,
        blank=True,
        help_text="The table and day of the rate, or who chose it.",
        default="",
        db_default="",
    )
    rate_table = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="The table of the rate; empty where a person chose another one.",
    )
    rate_on = models.DateField(
        null=True, blank=True, help_text="From which day the rate is, or when a person chose it."
    )
    rate_rounding = models.DecimalField(
        max_digits=20,
        decimal_places=11,
        null=True,
        blank=True,
        help_text="What was added to amount times rate.",
    )
    rate_by = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="The person who booked it at the rate, or the rule.",
    )
    last_fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-captured_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("connection", "vendor_id"), name="transaction_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="transaction_magnitude"),
            models.CheckConstraint(
                condition=Q(
                    booked_rate__isnull=True, original_amount__isnull=True, original_currency=""
                )
                | Q(booked_rate__gt=0, original_amount__gte=0)
                & ~Q(original_currency="")
                & ~Q(original_currency=F("currency")),
                name="transaction_rate_whole",
            ),
            models.CheckConstraint(
                condition=Q(booked_rate__isnull=False)
                | Q(rate_table="", rate_on__isnull=True, rate_rounding__isnull=True, rate_by=""),
                name="transaction_rate_told_of_one",
            ),
            models.CheckConstraint(
                condition=~Q(status=TransactionStatus.SETTLED) | ~Q(batch_ref=""),
                name="transaction_settled_has_batch",
            ),
        )
        indexes = (
            models.Index(fields=("captured_at", "id"), name="transaction_by_time"),
            models.Index(fields=("status", "captured_at", "id"), name="transaction_by_status"),
            models.Index(fields=("kind", "captured_at", "id"), name="transaction_by_kind"),
            models.Index(fields=("batch", "id"), name="transaction_by_batch"),
            models.Index(fields=("connection", "batch_ref"), name="transaction_by_batch_ref"),
            models.Index(
                fields=("customer_id", "captured_at", "id"), name="transaction_by_customer"
            ),
            models.Index(fields=("amount", "captured_at", "id"), name="transaction_by_amount"),
            models.Index(
                fields=("payer_ref",),
                name="transaction_by_payer_ref",
                opclasses=("varchar_pattern_ops",),
            ),
            models.Index(
                fields=("vendor_id",),
                name="transaction_by_vendor_id",
                opclasses=("varchar_pattern_ops",),
            ),
            models.Index(fields=("last4", "captured_at", "id"), name="transaction_by_last4"),
            GinIndex(
                fields=("reference_texts",),
                name="transaction_by_reference",
                opclasses=("jsonb_path_ops",),
            ),
            models.Index(
                fields=("connection", "settled_at", "captured_at", "id"),
                name="transaction_to_decide",
                condition=Q(decision=DecisionState.DUE),
            ),
            models.Index(
                fields=("connection", "id"),
                name="transaction_correcting",
                condition=Q(decision=DecisionState.CORRECTING),
            ),
            models.Index(
                fields=("captured_at",),
                name="transaction_lacks_its_sale",
                condition=~Q(parent_ref="") & Q(parent__isnull=True),
            ),
            models.Index(
                fields=("connection", "captured_on"),
                name="transaction_to_watch",
                condition=~Q(status__in=sorted(TERMINAL)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.vendor_id}"


class TransactionHistory(models.Model):
    """Each change that a fact made to a transaction; append-only."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="history", db_index=False
    )  # history_fact_once begins with it
    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="history")
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    meaning: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    business_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("transaction", "fact"), name="history_fact_once"),
        )

    def __str__(self) -> str:
        return f"{self.transaction_id}: {self.to_status}"

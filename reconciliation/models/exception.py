"""The desk: what needs a person, why, and what was done."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from integrations.models import Connection, Fact, Posting
from reconciliation.choices import OPEN_STATES, ExceptionState, Reason
from reconciliation.models.batch import BankLine, SettlementBatch
from reconciliation.models.order import Order
from reconciliation.models.transaction import Transaction


class ExceptionItem(models.Model):
    """One thing that needs a person. `subject` names it; one open item per subject and reason."""

    reason = models.CharField(max_length=30, choices=Reason.choices)
    subject = models.CharField(max_length=120)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, null=True, blank=True, related_name="exceptions"
    )
    batch = models.ForeignKey(
        SettlementBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="exceptions"
    )
    line = models.ForeignKey(
        BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="exceptions"
    )
    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, null=True, blank=True, related_name="exceptions"
    )
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exceptions",
        db_index=False,
    )  # exception_by_order has those that have one
    fact = models.ForeignKey(
        Fact, on_delete=models.PROTECT, null=True, blank=True, related_name="exceptions"
    )
    message = models.CharField(max_length=400)
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    suggestions: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        default=list
    )
    amount = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(
        max_length=10, choices=ExceptionState.choices, default=ExceptionState.OPEN
    )
    owner = models.CharField(max_length=80, blank=True)
    owner_why = models.CharField(max_length=160, blank=True, help_text="The rule that named them.")
    business_on = models.DateField()
    due_on = models.DateField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)
    resolution = models.CharField(max_length=400, blank=True)
    #: The database counts every change: what a spreadsheet says of an older one is stale.
    revision = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("-business_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "reason"),
                name="exception_open_once",
                condition=Q(state__in=OPEN_STATES),
            ),
        )
        indexes = (
            models.Index(
                fields=("order", "id"), name="exception_by_order", condition=Q(order__isnull=False)
            ),
            models.Index(fields=("business_on", "id"), name="exception_by_day"),
            models.Index(fields=("state", "business_on", "id"), name="exception_by_state"),
            models.Index(
                fields=("reason", "business_on", "id"),
                name="exception_open_by_reason",
                condition=Q(state__in=OPEN_STATES),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason}: {self.subject}"


class ExceptionNote(models.Model):
    """A step in an exception's life; append-only."""

    item = models.ForeignKey(ExceptionItem, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=40)
    text = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.item_id}: {self.action}"

"""Effects: which fact, under which rule version, owes which posting; and what they reserve."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.last_digits import last_digits
from integrations.models import Fact, Pair, Posting
from mapping.models import RuleSetVersion
from reconciliation.choices import EffectKind
from reconciliation.models.batch import BankLine, SettlementBatch
from reconciliation.models.order import Order
from reconciliation.models.transaction import Transaction


class Effect(models.Model):
    """One thing that happens once. Its key is its posting's key; `rules` are those that fired."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="effects")
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=EffectKind.choices)
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, null=True, blank=True, related_name="effects"
    )
    batch = models.ForeignKey(
        SettlementBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="effects",
        db_index=False,
    )  # effect_by_batch begins with it
    line = models.ForeignKey(
        BankLine, on_delete=models.PROTECT, null=True, blank=True, related_name="effects"
    )
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="effects",
        db_index=False,
    )  # effect_by_order has those that have one
    fact = models.ForeignKey(
        Fact, on_delete=models.PROTECT, null=True, blank=True, related_name="effects"
    )
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="effects")
    rules: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    posting = models.OneToOneField(Posting, on_delete=models.PROTECT, related_name="effect")
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    business_on = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("batch", "kind"), name="effect_by_batch"),
            models.Index(
                fields=("order", "id"), name="effect_by_order", condition=Q(order__isnull=False)
            ),
            models.Index(fields=("business_on", "id"), name="effect_by_day"),
            models.Index(fields=("kind", "business_on", "id"), name="effect_by_kind"),
            # Nearly all are receipts; the others are found in the order of their postings.
            models.Index(
                fields=("kind", "posting"),
                name="effect_no_receipt",
                condition=~Q(kind=EffectKind.RECEIPT),
            ),
        )

    def __str__(self) -> str:
        return self.key


class Reservation(models.Model):
    """What an effect will apply to an invoice, so that two receipts never over-apply one."""

    effect = models.ForeignKey(
        Effect, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )  # reservation_once begins with it
    company = models.CharField(max_length=10)
    item_key = models.CharField(max_length=30)
    document_no = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    is_released = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("effect", "item_key"), name="reservation_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reservation_positive"),
        )
        indexes = (
            models.Index(fields=("company", "item_key"), name="reservation_by_item"),
            models.Index(fields=("document_no",), name="reservation_by_document"),
            models.Index(last_digits("document_no"), name="reservation_by_last_digits"),
        )

    def __str__(self) -> str:
        return f"{self.document_no}: {self.amount}"

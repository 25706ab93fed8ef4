"""Orders of a shop as its facts tell them, with their history."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from integrations.models import Connection, Fact
from reconciliation.choices import UNFINISHED_ORDERS, OrderState
from reconciliation.models.transaction import Transaction


class Order(models.Model):
    """One order of a shop, as the shop says it now. `discount_amount` is a positive magnitude.

    `content` is the record's meaning, from which its lines are read; `decided` what the rules made
    of it: how each line and tax was mapped, by which rule, and what the ERP had in stock.
    `accepted` names the meaning of the order for which a person let a reason pass, by that reason.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="orders", db_index=False
    )  # order_once begins with it
    number = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0)
    ordered_on = models.DateField()
    currency = models.CharField(max_length=3)
    customer_ref = models.CharField(max_length=60, blank=True)
    customer_id = models.CharField(max_length=20, blank=True, help_text="The ERP's customer.")
    payer: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    payment_ref = models.CharField(max_length=60, blank=True)
    payment = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    line_count = models.PositiveSmallIntegerField()
    lines_amount = models.DecimalField(max_digits=18, decimal_places=3)
    shipping_amount = models.DecimalField(max_digits=15, decimal_places=3)
    discount_amount = models.DecimalField(max_digits=15, decimal_places=3)
    tax_amount = models.DecimalField(max_digits=18, decimal_places=3)
    total_amount = models.DecimalField(max_digits=15, decimal_places=3)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    meaning_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.DUE)
    wait_until = models.DateField(
        null=True, blank=True, help_text="The last day on which it waits for its payment."
    )
    decided: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, blank=True
    )
    accepted: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, blank=True
    )
    look_at = models.DateTimeField(
        null=True, blank=True, help_text="When what holds it is looked at again by itself."
    )
    last_fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-ordered_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("connection", "number"), name="order_once"),
            models.CheckConstraint(
                condition=Q(
                    lines_amount__gte=0,
                    shipping_amount__gte=0,
                    discount_amount__gte=0,
                    tax_amount__gte=0,
                    total_amount__gte=0,
                ),
                name="order_magnitudes",
            ),
            # Code says so first; this is for the day on which code does not.
            models.CheckConstraint(
                condition=~Q(state=OrderState.INVOICED)
                | Q(
                    total_amount=F("lines_amount")
                    + F("shipping_amount")
                    - F("discount_amount")
                    + F("tax_amount")
                ),
                name="order_invoiced_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.INVOICED) | ~Q(customer_id=""),
                name="order_invoiced_has_customer",
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.WAITING) | Q(wait_until__isnull=False),
                name="order_waits_until_a_day",
            ),
        )
        indexes = (
            models.Index(fields=("ordered_on", "id"), name="order_by_day"),
            models.Index(fields=("state", "ordered_on", "id"), name="order_by_state"),
            models.Index(fields=("total_amount", "ordered_on", "id"), name="order_by_amount"),
            models.Index(fields=("customer_id", "ordered_on", "id"), name="order_by_customer"),
            models.Index(
                fields=("number",), name="order_by_number", opclasses=("varchar_pattern_ops",)
            ),
            models.Index(
                fields=("payment_ref",), name="order_by_payment_ref", condition=~Q(payment_ref="")
            ),
            models.Index(
                fields=("connection", "ordered_on", "id"),
                name="order_unfinished",
                condition=Q(state__in=UNFINISHED_ORDERS),
            ),
            models.Index(
                fields=("look_at", "id"),
                name="order_to_be_paid",
                condition=Q(state=OrderState.INVOICED, look_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"order {self.number}"


class OrderHistory(models.Model):
    """Each thing that a fact said about an order; append-only."""

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="history", db_index=False
    )  # order_history_fact_once begins with it
    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="+")
    meaning: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    business_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("order", "fact"), name="order_history_fact_once"),
        )

    def __str__(self) -> str:
        return f"{self.order_id}: {self.fact_id}"

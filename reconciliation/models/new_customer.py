"""Payers of whom the ERP is asked to make customers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models import Pair
from mapping.choices import LinkGround
from reconciliation.models.effect import Effect


class NewCustomer(models.Model):
    """A payer of the gateway that is to be a customer of the ERP: asked for once at a time.

    What became of it is its effect's posting. `settled_at`: the payer is linked and nothing of
    theirs waits any more. Dropped: nobody wants it any more, and the ERP never took it.
    """

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="new_customers")
    ref = models.CharField("Number at the gateway", max_length=60)
    effect = models.OneToOneField(Effect, on_delete=models.PROTECT, related_name="new_customer")
    ground = models.CharField(max_length=10, choices=LinkGround.choices)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    is_dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("pair", "ref"), condition=Q(is_dropped=False), name="new_customer_once"
            ),
            models.CheckConstraint(condition=~Q(ref=""), name="new_customer_has_ref"),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                name="new_customer_to_settle",
                condition=Q(settled_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ref} ({self.pair_id})"

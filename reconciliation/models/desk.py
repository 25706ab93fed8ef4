"""What finance decides about its desk."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from integrations.models import Connection
from reconciliation.choices import Reason


class DeskLimit(models.Model):
    """How much money one person may settle alone with an action, and what nobody may."""

    action = models.CharField(max_length=30, unique=True)
    alone_up_to = models.DecimalField(max_digits=15, decimal_places=3)
    never_above = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("action",)
        constraints = (
            models.CheckConstraint(condition=Q(alone_up_to__gte=0), name="desk_limit_magnitude"),
            models.CheckConstraint(
                condition=Q(never_above__isnull=True) | Q(never_above__gte=F("alone_up_to")),
                name="desk_limit_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.action}: {self.alone_up_to}"


class OwnerRule(models.Model):
    """Who looks after new exceptions, and for how long: the first rule that matches says it.

    An empty condition matches everything. `owner` is a team, or `user:` and a person's name.
    """

    position = models.PositiveSmallIntegerField(unique=True)
    reason = models.CharField(max_length=30, choices=Reason.choices, blank=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    amount_from = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    owner = models.CharField(max_length=80)
    due_days = models.PositiveSmallIntegerField(default=3)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.CheckConstraint(condition=Q(amount_from__gte=0), name="owner_rule_magnitude"),
            models.CheckConstraint(condition=Q(due_days__lte=365), name="owner_rule_due_in_a_year"),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.owner}"

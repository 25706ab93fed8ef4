"""What finance decides about its desk."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


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

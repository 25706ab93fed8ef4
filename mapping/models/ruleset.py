"""Rule sets: one for each pair, in versions, each in force from a business date."""

from __future__ import annotations

from django.db import models

from integrations.models import Pair
from mapping.choices import VersionState


class RuleSetVersion(models.Model):
    """The rules of one pair from `active_from` (a business date) until the next version's.

    `sealed_at`: from then on the database refuses changes to its rows, because a person has
    reviewed them or money has moved by them. What changes afterwards is a new version.
    """

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="rule_sets")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )
    active_from = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    deposit_pattern = models.CharField(
        max_length=120,
        default="MERCHANT DEPOSIT",
        help_text="Text by which the processor's deposits are known on the bank statement.",
    )
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="drafts"
    )
    created_by = models.CharField(max_length=80)
    editors: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, help_text="Everybody who changed it as a draft or handed it in."
    )
    reviewed_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(auto_now=True)
    sealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pair", "-number")
        constraints = (
            models.UniqueConstraint(fields=("pair", "number"), name="rule_set_number_once"),
            models.UniqueConstraint(
                fields=("pair", "active_from"),
                name="rule_set_start_once",
                condition=models.Q(state=VersionState.ACTIVE),
            ),
            models.CheckConstraint(
                condition=~models.Q(state=VersionState.ACTIVE)
                | models.Q(active_from__isnull=False),
                name="rule_set_active_has_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pair_id} v{self.number}"

    @property
    def makers(self) -> frozenset[str]:
        """Who made, changed or handed it in, by audit name: none of them puts it in force."""
        return frozenset(filter(None, (self.created_by, self.reviewed_by, *self.editors)))

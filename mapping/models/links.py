"""Which ERP customer a customer of the gateway or the CRM is, and how that was before."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from integrations.models import Pair
from mapping.choices import LinkGround, LinkSystem


class CustomerLink(models.Model):
    """A customer of the gateway or CRM, `ref` there, is this ERP customer."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="customer_links")
    system = models.CharField(
        max_length=10,
        choices=LinkSystem.choices,
        default=LinkSystem.GATEWAY,
        db_default=LinkSystem.GATEWAY,
    )
    ref = models.CharField("Number there", max_length=60)
    customer_id = models.CharField("Customer in the ERP", max_length=20)
    ground = models.CharField(
        max_length=10,
        choices=LinkGround.choices,
        default=LinkGround.PERSON,
        db_default=LinkGround.PERSON,
    )
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("pair", "system", "ref"), name="customer_link_once"),
            models.CheckConstraint(
                condition=~Q(ref="") & ~Q(customer_id=""), name="customer_link_names_both"
            ),
        )
        indexes = (
            models.Index(fields=("pair", "customer_id"), name="customer_link_by_customer"),
            models.Index(fields=("ref", "id"), name="customer_link_by_ref"),
        )

    def __str__(self) -> str:
        return f"{self.ref} → {self.customer_id}"


class CustomerLinkHistory(models.Model):
    """What a link was before and became; an empty customer is none. Rows are only added."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="+")
    system = models.CharField(max_length=10, choices=LinkSystem.choices)
    ref = models.CharField(max_length=60)
    from_customer = models.CharField(max_length=20, blank=True)
    to_customer = models.CharField(max_length=20, blank=True)
    ground = models.CharField(max_length=10, choices=LinkGround.choices)
    why = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("pair", "system", "ref"), name="link_history_by_ref"),)

    def __str__(self) -> str:
        return f"{self.ref}: {self.from_customer or 'none'} → {self.to_customer or 'none'}"


class CustomerMerge(models.Model):
    """Two ERP customers are one party: what names `merged_id` is booked with `kept_id`.

    `consequences` is the list that was shown when it was asked for; `before` holds the links as
    they were when it came in force, so that taking it back restores exactly those.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_FORCE = "in_force", "In force"
        UNDONE = "undone", "Taken back"
        WITHDRAWN = "withdrawn", "Withdrawn"

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="customer_merges")
    kept_id = models.CharField("Customer that stays", max_length=20)
    merged_id = models.CharField("Customer merged into it", max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    why = models.CharField(max_length=300)
    moves_money = models.BooleanField()
    consequences: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    before: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_asked_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("pair", "merged_id"),
                name="customer_merged_once",
                condition=Q(state__in=("proposed", "in_force")),
            ),
            models.CheckConstraint(
                condition=~Q(kept_id=models.F("merged_id")), name="customer_merge_of_two"
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force")
                | Q(moves_money=False)
                | (~Q(decided_by="") & ~Q(decided_by=models.F("proposed_by"))),
                name="customer_merge_second_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"

"""Customers as each system knows them, who may be whom, and the pair's policy."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from integrations.models import Pair
from mapping.choices import Band, CandidateState, IdentitySystem, NewNumber
from mapping.customers.policy import LOWEST_LINK


class CustomerIdentity(models.Model):
    """One customer record of one system, as it came; nothing is standardised here.

    `is_looked_up` is false while candidates have to be looked for (again).
    """

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="identities")
    system = models.CharField(max_length=10, choices=IdentitySystem.choices)
    ref = models.CharField("Number there", max_length=60)
    name = models.CharField(max_length=120, blank=True)
    email = models.CharField("E-mail", max_length=254, blank=True)
    phone = models.CharField("Telephone", max_length=40, blank=True)
    tax_number = models.CharField(max_length=40, blank=True)
    lines: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    postcode = models.CharField("Post code", max_length=20, blank=True)
    country = models.CharField(max_length=100, blank=True)
    erp_ref = models.CharField("Number in the ERP", max_length=20, blank=True)
    crm_ref = models.CharField("Number in the CRM", max_length=60, blank=True)
    is_active = models.BooleanField(default=True)
    is_looked_up = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("pair", "system", "ref"), name="identity_once"),
            models.CheckConstraint(condition=~Q(ref=""), name="identity_has_number"),
        )
        indexes = (
            models.Index(
                fields=("pair", "id"),
                name="identity_to_look_up",
                condition=Q(is_looked_up=False) & ~Q(system="erp"),
            ),
            models.Index(fields=("ref", "id"), name="identity_by_ref"),
        )

    def __str__(self) -> str:
        return f"{self.ref} {self.name}".strip()


class IdentityKey(models.Model):
    """A blocking key of a customer: only customers that share one are compared."""

    identity = models.ForeignKey(CustomerIdentity, on_delete=models.CASCADE, related_name="keys")
    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("identity", "key"), name="identity_key_once"),
        )
        indexes = (models.Index(fields=("pair", "key"), name="identity_by_key"),)

    def __str__(self) -> str:
        return self.key


class CustomerCandidate(models.Model):
    """An ERP customer that a customer of the gateway or CRM may be, with what speaks for it.

    `evidence` holds each field on both sides with its verdict in words. `step` is what `measured`
    counts suggestions by; the score orders and nothing else.
    """

    identity = models.ForeignKey(
        CustomerIdentity, on_delete=models.PROTECT, related_name="candidates"
    )
    erp = models.ForeignKey(
        CustomerIdentity, on_delete=models.PROTECT, related_name="candidate_for"
    )
    state = models.CharField(
        max_length=10, choices=CandidateState.choices, default=CandidateState.OPEN
    )
    tier = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=10, choices=Band.choices)
    step = models.CharField(max_length=40)
    why = models.CharField(max_length=400)
    against: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    evidence: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("identity", "tier", "-score", "id")
        constraints = (
            models.UniqueConstraint(fields=("identity", "erp"), name="candidate_once"),
            models.CheckConstraint(condition=Q(score__lte=100), name="candidate_score_of_100"),
            models.CheckConstraint(
                condition=~Q(identity=F("erp")), name="candidate_is_another_record"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "gone")) | ~Q(decided_by=""),
                name="candidate_decided_by_somebody",
            ),
        )
        indexes = (
            models.Index(fields=("state", "score", "id"), name="candidate_by_state"),
            models.Index(fields=("erp",), name="candidate_by_erp"),
        )

    def __str__(self) -> str:
        return f"{self.identity_id} ~ {self.erp_id}"


class CustomerPolicy(models.Model):
    """From which score a pair's suggestions are links, and whether those are made without a person.

    Without a row the default stands: nothing is linked by itself. A change is in force once another
    person has approved it (`policies.SETTING`).
    """

    pair = models.OneToOneField(Pair, on_delete=models.PROTECT, related_name="customer_policy")
    link_from = models.PositiveSmallIntegerField("Links from score", default=LOWEST_LINK)
    review_from = models.PositiveSmallIntegerField("Review from score", default=30)
    links_alone = models.BooleanField("Link without a person", default=False)
    creates_alone = models.BooleanField("Create without a person", default=False)
    number_from = models.CharField(
        "Number of a new customer", max_length=5, choices=NewNumber.choices, default=NewNumber.NEXT
    )
    number_prefix = models.CharField("New numbers begin with", max_length=6, default="C")
    number_digits = models.PositiveSmallIntegerField("Digits behind it", default=6)
    customer_class = models.CharField("Class of new customers", max_length=40, blank=True)
    terms = models.CharField("Payment terms of new customers", max_length=40, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(link_from__gte=LOWEST_LINK, link_from__lte=100),
                name="customer_policy_measured",
            ),
            models.CheckConstraint(
                condition=Q(review_from__gte=1, review_from__lte=F("link_from")),
                name="customer_policy_review_below_link",
            ),
            models.CheckConstraint(
                condition=Q(links_alone=False, creates_alone=False) | ~Q(approved_by=""),
                name="customer_policy_alone_is_approved",
            ),
        )

    def __str__(self) -> str:
        return f"links from {self.link_from}, review from {self.review_from}"


class CustomerSource(models.Model):
    """How far the customers of a system were read for a pair."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="customer_sources")
    system = models.CharField(max_length=10, choices=IdentitySystem.choices)
    cursor: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("pair", "system"), name="customer_source_once"),
        )

    def __str__(self) -> str:
        return f"{self.pair_id} {self.system}"

"""Censuses: what the ERP holds against what is owed, counted; append-only."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from integrations.models import Pair, Posting
from reconciliation.choices import FindingKind


class Census(models.Model):
    """One count of a pair: N effects owed, N documents found, and what does not fit.

    `owed` are effects whose document stands by our own books as the census began. Effects still
    on their way are `on_the_way`, by the state of their posting: they are neither owed yet nor
    missing. `found` are documents read in the ERP under keys that are owed; `early` those under
    keys of effects on their way. `accepted` are findings that a person has looked at and dismissed:
    they are counted here instead of under their kind. Times are wall time.
    """

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="censuses")
    number = models.PositiveIntegerField()
    business_at = models.DateTimeField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    taken_by = models.CharField(max_length=80)
    owed = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    early = models.PositiveIntegerField(default=0)
    on_the_way: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    missing = models.PositiveIntegerField(default=0)
    double = models.PositiveIntegerField(default=0)
    edited = models.PositiveIntegerField(default=0)
    unowed = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-started_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("pair", "number"), name="census_number_once"),
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")), name="census_ends_after_its_start"
            ),
        )
        indexes = (models.Index(fields=("started_at", "id"), name="census_by_time"),)

    def __str__(self) -> str:
        return f"Census {self.number} of {self.pair_id}"

    @property
    def waiting(self) -> int:
        """Effects on their way, whatever their state."""
        return sum(self.on_the_way.values())

    @property
    def fits(self) -> bool:
        """Nothing is missing, double, edited or unowed but what a person has accepted."""
        return not (self.missing or self.double or self.edited or self.unowed)


class CensusFinding(models.Model):
    """One difference between what is owed and what was found; append-only.

    `owed` and `found` are fields by name (`integrations.standing`); `differing` names those that
    are not the same. `subject` is the same in every census that meets the same difference.
    """

    census = models.ForeignKey(Census, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=10, choices=FindingKind.choices)
    subject = models.CharField(max_length=120)
    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )
    key = models.CharField(max_length=200, blank=True)
    document_kind = models.CharField(max_length=20)
    document_no = models.CharField(max_length=30, blank=True)
    document_key = models.CharField(max_length=30, blank=True)
    batch_ref = models.CharField(max_length=30, blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    currency = models.CharField(max_length=3, blank=True)
    owed: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    found: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    differing: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    changed_by = models.CharField(max_length=60, blank=True)
    changed_at = models.CharField(max_length=30, blank=True)
    message = models.CharField(max_length=400)
    is_accepted = models.BooleanField(default=False)

    class Meta:
        ordering = ("census", "kind", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("census", "subject", "kind"), name="census_finding_once"
            ),
        )
        indexes = (models.Index(fields=("census", "kind", "id"), name="census_finding_by_kind"),)

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"

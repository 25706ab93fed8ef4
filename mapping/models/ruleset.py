"""Rule sets: versioned, in force from a business date, first match of ordered rows wins.

An empty condition matches everything. Rows of a version that has been active are never edited:
a change is a new version.
"""

from __future__ import annotations

from django.db import models

from integrations.models import Pair
from mapping.choices import AccountRole, Action, VersionState


class RuleSetVersion(models.Model):
    """The rules of one pair from `active_from` (a business date) until the next version's."""

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
    created_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

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


class Rule(models.Model):
    """A row of a rule set; `position` is its place in the order."""

    version = models.ForeignKey(RuleSetVersion, on_delete=models.CASCADE, related_name="%(class)ss")
    position = models.PositiveIntegerField()

    class Meta:
        abstract = True
        ordering = ("version", "position")


class AccountRule(Rule):
    """Which GL account plays a role, by kind and method of the transaction."""

    role = models.CharField(max_length=20, choices=AccountRole.choices)
    kind = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=20, blank=True)
    account = models.CharField(max_length=100)

    class Meta(Rule.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="account_rule_position_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} → {self.account}"


class MethodRule(Rule):
    """The ERP's payment method for a card brand as the gateway spells it."""

    method = models.CharField(max_length=20, blank=True)
    erp_method = models.CharField(max_length=15)

    class Meta(Rule.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="method_rule_position_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.method or 'any'} → {self.erp_method}"


class StatusRule(Rule):
    """What a kind and status leads to: an action, and a status to show for the ERP."""

    kind = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20, blank=True)
    action = models.CharField(max_length=20, choices=Action.choices)
    erp_status = models.CharField(max_length=40, blank=True)

    class Meta(Rule.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("version", "position"), name="status_rule_position_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind or 'any'} {self.status or 'any'} → {self.action}"


class FeeRule(Rule):
    """The processor's contract: `percent` of a sale plus `fixed`, rounded half up per sale."""

    method = models.CharField(max_length=20, blank=True)
    percent = models.DecimalField(max_digits=6, decimal_places=4)
    fixed = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta(Rule.Meta):
        constraints = (
            models.UniqueConstraint(fields=("version", "position"), name="fee_rule_position_once"),
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, fixed__gte=0), name="fee_rule_magnitudes"
            ),
        )

    def __str__(self) -> str:
        return f"{self.percent} % + {self.fixed}"

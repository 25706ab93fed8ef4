"""How replays of rule sets look in the API: how far, and what would be different."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from console.api.fields import Amount, money
from mapping.impact import Change
from mapping.rules.risks import Level
from reconciliation import impact_page
from reconciliation.api import replay_examples
from reconciliation.api.fields import MoneySerializer
from reconciliation.choices import ImpactState
from reconciliation.models import Impact, ImpactApproval, ImpactRow
from reconciliation.services.impact import rules_hash

CHANGES = [change.value for change in Change if change is not Change.SAME]


class ReplaySerializer(serializers.ModelSerializer[Impact]):
    pair = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    rule_set_id = serializers.IntegerField(source="version_id", read_only=True)
    state = serializers.ChoiceField(ImpactState.choices, read_only=True)

    class Meta:
        model = Impact
        fields: tuple[str, ...] = (
            *("id", "pair", "rule_set_id", "first_on", "last_on", "state", "said", "asked_by"),
            *("asked_at", "ended_at", "total", "looked_at", "same", "changed", "new", "vanished"),
            "apart",
        )
        read_only_fields = fields
        extra_kwargs = {
            "total": {"help_text": "Payments and batches of the period."},
            "looked_at": {"help_text": "Of these, so many were replayed."},
            "said": {"help_text": "Why it broke off, if it did."},
        }


class ByMonthSerializer(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="Its first day.")
    change = serializers.ChoiceField(CHANGES)
    documents = serializers.IntegerField()
    amount = MoneySerializer()


class ByCustomerSerializer(serializers.Serializer[Any]):
    customer_id = serializers.CharField(allow_blank=True)
    documents = serializers.IntegerField()
    amount = MoneySerializer()


class ByAccountSerializer(serializers.Serializer[Any]):
    account = serializers.CharField()
    moved = MoneySerializer(help_text="Debits positive, changed documents alone.")


class ByRiskSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(help_text="The risk row's place in its order.")
    level = serializers.ChoiceField([level.value for level in Level])
    says = serializers.CharField()
    payments = serializers.IntegerField(help_text="So many payments it would have caught.")


class JournalLineSerializer(serializers.Serializer[Any]):
    account = serializers.CharField()
    debit = MoneySerializer()
    credit = MoneySerializer()


class ApprovalSerializer(serializers.ModelSerializer[ImpactApproval]):
    class Meta:
        model = ImpactApproval
        fields = ("active_from", "approved_by", "approved_at")
        read_only_fields = fields


@extend_schema_serializer(examples=[replay_examples.REPLAY])
class ReplayDetailSerializer(ReplaySerializer):
    is_current = serializers.SerializerMethodField(
        help_text="Done, and the rows are still those that were replayed."
    )
    needs_reversals = serializers.SerializerMethodField(
        help_text="Customers' accounts are touched, which no journal corrects."
    )
    by_account = serializers.SerializerMethodField()
    by_month = serializers.SerializerMethodField()
    by_customer = serializers.SerializerMethodField(help_text="The 20 with the largest amounts.")
    by_risk = serializers.SerializerMethodField(
        help_text="Every risk row of the version; none once its rows are others."
    )
    journal = serializers.SerializerMethodField(
        help_text="What would bring accounts, receivables apart, to where the version has them."
    )
    approval = serializers.SerializerMethodField(
        help_text="Who put the version in force having seen this; null until then."
    )

    class Meta(ReplaySerializer.Meta):
        fields = (
            *ReplaySerializer.Meta.fields,
            *("is_current", "needs_reversals", "by_account", "by_month", "by_customer"),
            *("by_risk", "journal", "approval"),
        )
        read_only_fields = fields

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._current: dict[int, bool] = {}

    def get_is_current(self, impact: Impact) -> bool:
        if impact.pk not in self._current:  # asked twice, and it reads every kind of rule
            is_done = impact.state == ImpactState.DONE
            self._current[impact.pk] = is_done and impact.rules_hash == rules_hash(impact.version)
        return self._current[impact.pk]

    def get_needs_reversals(self, impact: Impact) -> bool:
        return impact.state == ImpactState.DONE and impact_page.needs_reversals(impact)

    @extend_schema_field(ByAccountSerializer(many=True))
    def get_by_account(self, impact: Impact) -> list[dict[str, Any]]:
        currency = impact.pair.currency
        return [
            {"account": account, "moved": money(Decimal(text), currency)}
            for account, text in impact.accounts.items()
        ]

    @extend_schema_field(ByMonthSerializer(many=True))
    def get_by_month(self, impact: Impact) -> list[dict[str, Any]]:
        return [
            {
                "month": month.isoformat(),
                "change": change,
                "documents": count,
                "amount": money(amount, impact.pair.currency),
            }
            for month, change, count, amount in impact_page.by_month(impact)
        ]

    @extend_schema_field(ByCustomerSerializer(many=True))
    def get_by_customer(self, impact: Impact) -> list[dict[str, Any]]:
        return [
            {
                "customer_id": customer,
                "documents": count,
                "amount": money(amount, impact.pair.currency),
            }
            for customer, count, amount in impact_page.by_customer(impact)
        ]

    @extend_schema_field(ByRiskSerializer(many=True))
    def get_by_risk(self, impact: Impact) -> list[dict[str, Any]]:
        found = impact_page.by_risk(impact) if self.get_is_current(impact) else []
        return [asdict(row) for row in found]

    @extend_schema_field(JournalLineSerializer(many=True))
    def get_journal(self, impact: Impact) -> list[dict[str, Any]]:
        return [
            {
                "account": line.account,
                "debit": money(line.debit.amount, line.debit.currency),
                "credit": money(line.credit.amount, line.credit.currency),
            }
            for line in impact_page.correcting_journal(impact.accounts, impact.pair.currency)
        ]

    @extend_schema_field(ApprovalSerializer(allow_null=True))
    def get_approval(self, impact: Impact) -> Any:
        found = ImpactApproval.objects.filter(impact=impact).first()
        return ApprovalSerializer(found).data if found else None


class FieldDifferenceSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(source="label")
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class ReplayRowSerializer(serializers.ModelSerializer[ImpactRow]):
    """A document that would be another one; a side that is not there is empty."""

    change = serializers.ChoiceField(CHANGES, read_only=True)
    transaction_id = serializers.IntegerField(read_only=True, allow_null=True)
    batch_id = serializers.IntegerField(read_only=True, allow_null=True)
    amount = Amount("amount")
    differences = serializers.SerializerMethodField()
    moved = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="By account, debits positive."
    )

    class Meta:
        model = ImpactRow
        fields = (
            *("id", "change", "kind", "transaction_id", "batch_id", "business_on"),
            *("customer_id", "amount", "why", "differences", "moved"),
        )
        read_only_fields = fields

    @extend_schema_field(FieldDifferenceSerializer(many=True))
    def get_differences(self, row: ImpactRow) -> list[dict[str, Any]]:
        return list(FieldDifferenceSerializer(impact_page.sides(row), many=True).data)


class PeriodBody(serializers.Serializer[Any]):
    first_on = serializers.DateField(help_text="The first business day.")
    last_on = serializers.DateField(help_text="The last business day.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["first_on"] > attrs["last_on"]:
            raise serializers.ValidationError({"last_on": ["The period ends before it begins."]})
        return attrs

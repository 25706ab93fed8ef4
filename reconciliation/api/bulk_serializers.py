"""How bulk runs look in the API: what would be done, how far it is, and what came of each row."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from console.api.fields import Amount, money
from reconciliation.actions import ACTIONS
from reconciliation.api import bulk_examples as examples
from reconciliation.api.fields import MoneySerializer
from reconciliation.api.writing import ActionBody
from reconciliation.bulk_selection import FOR_ONE
from reconciliation.filters import ExceptionFilter
from reconciliation.models import BulkItem, BulkRun
from reconciliation.services.bulk.runs import why_not_done

FOR_MANY = sorted(set(ACTIONS) - FOR_ONE)


def sums(amounts: Mapping[str, Decimal | str]) -> list[dict[str, str] | None]:
    """One sum for each currency."""
    return [money(Decimal(held), currency) for currency, held in sorted(amounts.items())]


class RunSerializer(serializers.ModelSerializer[BulkRun]):
    undoes_id = serializers.IntegerField(read_only=True, allow_null=True)
    amounts = serializers.SerializerMethodField(help_text="The money it is about.")

    class Meta:
        model = BulkRun
        fields: tuple[str, ...] = (
            *("id", "action", "origin", "chosen_by", "undoes_id", "actor", "made_at", "state"),
            *("approved_by", "total", "done", "refused", "amounts", "ended_at", "ended_by"),
            "problem",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=MoneySerializer()))
    def get_amounts(self, run: BulkRun) -> list[dict[str, str] | None]:
        return sums(run.amounts)


class WhyNotSerializer(serializers.Serializer[Any]):
    said = serializers.CharField()
    number = serializers.IntegerField()


@extend_schema_serializer(examples=[examples.RUN])
class RunDetailSerializer(RunSerializer):
    values = serializers.DictField(child=serializers.CharField(), read_only=True)
    not_done = serializers.SerializerMethodField(
        help_text="Why rows were not done: the 12 most frequent sentences."
    )

    class Meta(RunSerializer.Meta):
        fields = (*RunSerializer.Meta.fields, "values", "not_done")
        read_only_fields = fields

    @extend_schema_field(WhyNotSerializer(many=True))
    def get_not_done(self, run: BulkRun) -> list[dict[str, Any]]:
        return [{"said": text, "number": number} for text, number in why_not_done(run)]


class RunRowSerializer(serializers.ModelSerializer[BulkItem]):
    exception_id = serializers.IntegerField(source="item_id", read_only=True)
    reason = serializers.CharField(source="item.reason", read_only=True)
    amount = Amount("item.amount", currency="item.currency", allow_null=True)

    class Meta:
        model = BulkItem
        fields = (
            *("id", "exception_id", "reason", "amount", "action", "state", "said", "ended_at"),
        )
        read_only_fields = fields


class TallySerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    amounts = serializers.ListField(child=MoneySerializer())
    reasons = serializers.DictField(child=serializers.IntegerField())


class OfferSerializer(TallySerializer):
    action = serializers.ChoiceField(FOR_MANY)
    needs_second = serializers.BooleanField(
        help_text="So much waits for a second person once it is begun."
    )


@extend_schema_serializer(examples=[examples.PREVIEW])
class PreviewSerializer(TallySerializer):
    upto = serializers.IntegerField(
        help_text="The newest of them: hand it back, and what comes later is left out."
    )
    actions = OfferSerializer(many=True, help_text="What fits at least one of them.")


class FilterBody(serializers.Serializer[Any]):
    """The filters of `exceptions`, as texts; none selects all that is open."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: serializers.CharField(
                required=False, max_length=60, trim_whitespace=False, help_text=f"{each.label}."
            )
            for name, each in ExceptionFilter.base_filters.items()
        }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {n: ["There is no such filter."] for n in data if n not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


@extend_schema_serializer(examples=[examples.BEGIN])
class BeginRunBody(ActionBody):
    """What to do, for which exceptions, and the values that the action asks for."""

    action = serializers.ChoiceField(FOR_MANY)
    filter = FilterBody()
    upto = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, help_text="From the preview that you looked at."
    )

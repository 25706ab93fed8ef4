"""How customers, their links and suggestions look in the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from console.api.fields import money
from mapping.choices import Band
from mapping.models import (
    CustomerCandidate,
    CustomerIdentity,
    CustomerLink,
    CustomerLinkHistory,
)
from reconciliation.api import customer_examples as examples
from reconciliation.api.fields import MoneySerializer
from reconciliation.customer_page import open_candidates
from reconciliation.services.customers import consequences

HISTORY_SHOWN: Final = 50


class IdentitySerializer(serializers.ModelSerializer[CustomerIdentity]):
    """A customer as one system knows it; nothing is standardised."""

    lines = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = CustomerIdentity
        fields = (
            *("ref", "name", "email", "phone", "tax_number", "lines", "city", "region"),
            *("postcode", "country"),
        )
        read_only_fields = fields


class ConsequenceSerializer(serializers.Serializer[Any]):
    what = serializers.CharField()
    number = serializers.IntegerField()
    money = serializers.ListField(child=MoneySerializer(), help_text="One sum a currency.")
    becomes = serializers.CharField()


@extend_schema_field(ConsequenceSerializer(many=True))
class Consequences(serializers.Field[Any, Any, Any, Any]):
    """What linking, or taking the link back, touches: rows with pair, system and ref."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> list[dict[str, Any]]:
        found = consequences.of_link(value.pair, value.system, value.ref)
        return [
            {
                "what": each.what,
                "number": each.number,
                "money": [money(Decimal(text), currency) for text, currency in each.money],
                "becomes": each.becomes,
            }
            for each in found
        ]


class CustomerLinkSerializer(serializers.ModelSerializer[CustomerLink]):
    pair = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = CustomerLink
        fields: tuple[str, ...] = (
            *("id", "pair", "system", "ref", "customer_id", "ground", "made_by", "made_at"),
        )
        read_only_fields = fields


class CustomerLinkHistorySerializer(serializers.ModelSerializer[CustomerLinkHistory]):
    class Meta:
        model = CustomerLinkHistory
        fields = ("from_customer", "to_customer", "ground", "why", "actor", "at")
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.LINK])
class CustomerLinkDetailSerializer(CustomerLinkSerializer):
    history = serializers.SerializerMethodField(help_text="The 50 newest changes of the link.")
    consequences = Consequences(help_text="What taking it back would touch.")

    class Meta(CustomerLinkSerializer.Meta):
        fields = (*CustomerLinkSerializer.Meta.fields, "history", "consequences")
        read_only_fields = fields

    @extend_schema_field(CustomerLinkHistorySerializer(many=True))
    def get_history(self, link: CustomerLink) -> Any:
        rows = CustomerLinkHistory.objects.filter(pair=link.pair, system=link.system, ref=link.ref)
        return CustomerLinkHistorySerializer(rows.order_by("-pk")[:HISTORY_SHOWN], many=True).data


class WaitingCustomerSerializer(serializers.ModelSerializer[CustomerIdentity]):
    pair = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = CustomerIdentity
        fields: tuple[str, ...] = ("id", "pair", "system", "ref", "name", "first_seen_at")
        read_only_fields = fields


class EvidenceSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    verdict = serializers.CharField()
    words = serializers.CharField()
    left = serializers.CharField(allow_blank=True)
    right = serializers.CharField(allow_blank=True)


class CandidateSerializer(serializers.ModelSerializer[CustomerCandidate]):
    """A customer of the ERP that it may be."""

    erp = IdentitySerializer(read_only=True)
    band = serializers.ChoiceField(Band.choices, read_only=True)
    against = serializers.ListField(child=serializers.CharField(), read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta:
        model = CustomerCandidate
        fields = ("id", "erp", "score", "band", "why", "against", "evidence", "made_at")
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.WAITING])
class WaitingCustomerDetailSerializer(WaitingCustomerSerializer):
    there = IdentitySerializer(source="*", read_only=True)
    candidates = serializers.SerializerMethodField(help_text="The five best that are undecided.")
    link = serializers.SerializerMethodField(help_text="Where it is linked by now; else null.")
    consequences = Consequences(help_text="What linking it would touch.")

    class Meta(WaitingCustomerSerializer.Meta):
        fields = (
            *WaitingCustomerSerializer.Meta.fields,
            *("there", "candidates", "link", "consequences"),
        )
        read_only_fields = fields

    @extend_schema_field(CandidateSerializer(many=True))
    def get_candidates(self, identity: CustomerIdentity) -> Any:
        return CandidateSerializer(open_candidates(identity), many=True).data

    @extend_schema_field(CustomerLinkSerializer(allow_null=True))
    def get_link(self, identity: CustomerIdentity) -> Any:
        found = CustomerLink.objects.filter(
            pair=identity.pair, system=identity.system, ref=identity.ref
        )
        link = found.select_related("pair").first()
        return CustomerLinkSerializer(link).data if link else None


class CandidateBody(serializers.Serializer[Any]):
    candidate = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Its `id`.")


class NotSameBody(CandidateBody):
    note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class CustomerNumberBody(serializers.Serializer[Any]):
    customer_id = serializers.CharField(max_length=20, help_text="The customer's number there.")


class WhyBody(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=300, help_text="It stays with the history.")

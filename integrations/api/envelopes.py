"""Envelopes: what came in, for those who may look. Each look at the bytes is recorded."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from audit.api.views import DetailView, ListView
from audit.roles import Duty
from console.keyset import Order
from integrations.api.examples import ENVELOPE
from integrations.filters import EnvelopeFilter
from integrations.models import Envelope, Fact
from integrations.services.envelope_look import look


class EnvelopeSerializer(serializers.ModelSerializer[Envelope]):
    connection = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)

    class Meta:
        model = Envelope
        fields: tuple[str, ...] = (
            *("id", "connection", "source", "kind", "name", "size", "received_at", "business_at"),
            *("state", "problem"),
        )
        read_only_fields = fields


class FactSerializer(serializers.ModelSerializer[Fact]):
    duplicate_of_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Fact
        fields = (
            *("position", "kind", "vendor_id", "end", "rule", "reason", "duplicate_of_id"),
            "ended_at",
        )
        read_only_fields = fields


class FindingSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    brand = serializers.CharField(required=False)
    where = serializers.CharField()


@extend_schema_serializer(examples=[ENVELOPE])
class EnvelopeDetailSerializer(EnvelopeSerializer):
    guard_findings = FindingSerializer(
        many=True, read_only=True, help_text="What was removed before it was stored, and where."
    )
    headers = serializers.DictField(child=serializers.CharField(), read_only=True)
    text = serializers.CharField(
        source="seen.text", read_only=True, help_text="The first 64,000 bytes, JSON with breaks."
    )
    is_cut = serializers.BooleanField(source="seen.is_cut", read_only=True)
    closed = serializers.CharField(
        source="seen.closed", read_only=True, help_text="Why the bytes cannot be opened, if so."
    )
    facts = FactSerializer(
        source="seen.facts", many=True, read_only=True, help_text="The first 200."
    )
    ends = serializers.SerializerMethodField(help_text="How many facts ended how.")

    class Meta(EnvelopeSerializer.Meta):
        fields = (
            *EnvelopeSerializer.Meta.fields,
            *("guard_findings", "headers", "text", "is_cut", "closed", "facts", "ends"),
        )
        read_only_fields = fields

    def get_ends(self, envelope: Any) -> dict[str, int]:
        return dict(envelope.seen.ends)


class EnvelopeList(ListView):
    """Envelopes without their bytes, the newest first."""

    duty = Duty.VIEW_ENVELOPES
    filter_class = EnvelopeFilter
    order = Order("received_at")
    serializer_class = EnvelopeSerializer

    def rows(self) -> QuerySet[Envelope]:
        found = Envelope.objects.select_related("connection")
        return found.defer("body", "headers", "context", "guard_findings")


class EnvelopeDetail(DetailView):
    """One envelope: its bytes without card data, its facts and their ends. The look is recorded."""

    duty = Duty.VIEW_ENVELOPES
    serializer_class = EnvelopeDetailSerializer

    def rows(self) -> QuerySet[Envelope]:
        return Envelope.objects.select_related("connection")

    def row(self, pk: int) -> Any:
        envelope: Any = super().row(pk)
        envelope.seen = look(envelope, self.caller)
        return envelope

"""The audit log for other software: entries by cursor, and one with its place in the chain."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from audit.api.views import DetailView, ListView
from audit.filters import EntryFilter
from audit.models import ChainLink, Checkpoint, Entry
from audit.places import place_of
from audit.roles import Duty
from console.keyset import Order

EXAMPLE: Final = OpenApiExample(
    "Somebody put rules in force",
    response_only=True,
    value={
        "id": 5120,
        "recorded_at": "2011-02-14T10:05:00.120411Z",
        "business_on": None,
        "actor": "key:anna-software",
        "action": "rules.activated",
        "subject_type": "rules",
        "subject_id": "7",
        "summary": "Version 3 is in force from 2011-03-01.",
        "version": 1,
        "details": {"number": 3, "evidence": "replay 3"},
        "link": {
            "position": 5117,
            "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
        "checkpoint": {
            "position": 5119,
            "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            "sealed_at": "2011-02-14T10:05:02Z",
            "seal": "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
        },
    },
)


class EntrySerializer(serializers.ModelSerializer[Entry]):
    class Meta:
        model = Entry
        fields: tuple[str, ...] = (
            *("id", "recorded_at", "business_on", "actor", "action", "subject_type"),
            *("subject_id", "summary"),
        )
        read_only_fields = fields


class ChainLinkSerializer(serializers.ModelSerializer[ChainLink]):
    class Meta:
        model = ChainLink
        fields = ("position", "hash")
        read_only_fields = fields


class CheckpointSerializer(serializers.ModelSerializer[Checkpoint]):
    class Meta:
        model = Checkpoint
        fields = ("position", "hash", "sealed_at", "seal")
        read_only_fields = fields


@extend_schema_serializer(examples=[EXAMPLE])
class EntryDetailSerializer(EntrySerializer):
    details = serializers.DictField(read_only=True)
    link = serializers.SerializerMethodField(
        help_text="Its place in the chain; null until it is sealed, within seconds."
    )
    checkpoint = serializers.SerializerMethodField(help_text="The end of the batch that seals it.")

    class Meta(EntrySerializer.Meta):
        fields = (*EntrySerializer.Meta.fields, "version", "details", "link", "checkpoint")
        read_only_fields = fields

    def to_representation(self, instance: Entry) -> dict[str, Any]:
        self._link, self._seal = place_of(instance)
        return super().to_representation(instance)

    @extend_schema_field(ChainLinkSerializer(allow_null=True))
    def get_link(self, entry: Entry) -> Any:
        return ChainLinkSerializer(self._link).data if self._link else None

    @extend_schema_field(CheckpointSerializer(allow_null=True))
    def get_checkpoint(self, entry: Entry) -> Any:
        return CheckpointSerializer(self._seal).data if self._seal else None


class EntryList(ListView):
    """Audit entries, the newest first. What they hold in detail is with each one."""

    duty = Duty.VIEW_AUDIT
    filter_class = EntryFilter
    order = Order("recorded_at")
    serializer_class = EntrySerializer

    def rows(self) -> QuerySet[Entry]:
        # The details of one entry may name hundreds of rows.
        return Entry.objects.defer("details")


class EntryDetail(DetailView):
    """One audit entry with every field, and what seals it."""

    duty = Duty.VIEW_AUDIT
    serializer_class = EntryDetailSerializer

    def rows(self) -> QuerySet[Entry]:
        return Entry.objects.all()

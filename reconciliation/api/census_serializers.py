"""How censuses and nothing-missing statements look in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from reconciliation.models import Census, CensusFinding


class CensusFindingSerializer(serializers.ModelSerializer[CensusFinding]):
    class Meta:
        model = CensusFinding
        fields = (
            "kind", "key", "document_kind", "document_no", "amount", "currency", "owed", "found",
            "differing", "changed_by", "changed_at", "message", "is_accepted",
        )  # fmt: skip


class CensusSerializer(serializers.ModelSerializer[Census]):
    """A census with at most 1,000 of its findings."""

    pair = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    fits = serializers.BooleanField(read_only=True)
    findings = serializers.SerializerMethodField()

    class Meta:
        model = Census
        fields = (
            "pair", "number", "started_at", "ended_at", "taken_by", "fits", "owed", "found",
            "missing", "double", "edited", "unowed", "accepted", "early", "on_the_way", "findings",
        )  # fmt: skip

    def get_findings(self, census: Census) -> list[dict[str, Any]]:
        rows = census.findings.order_by("id")[:1000]
        return list(CensusFindingSerializer(rows, many=True).data)


class BatchToldSerializer(serializers.Serializer[Any]):
    batch = serializers.CharField()
    reported = serializers.IntegerField(allow_null=True)
    here = serializers.IntegerField()
    missing = serializers.IntegerField()
    unreported = serializers.IntegerField()
    agrees = serializers.BooleanField()


class PollsSerializer(serializers.Serializer[Any]):
    stream = serializers.CharField()
    expected = serializers.IntegerField()
    in_time = serializers.IntegerField()
    made_good = serializers.IntegerField()
    open = serializers.IntegerField()


class NothingMissingSerializer(serializers.Serializer[Any]):
    """Whether every event of a gateway's business day is accounted for."""

    gateway = serializers.SlugField()
    day = serializers.DateField()
    state = serializers.ChoiceField(choices=["complete", "incomplete", "under_way"])
    events = serializers.IntegerField()
    accounted = serializers.IntegerField()
    missing = serializers.IntegerField()
    without_end = serializers.IntegerField()
    repeats = serializers.IntegerField()
    why = serializers.ListField(child=serializers.CharField())
    ends = serializers.DictField(child=serializers.IntegerField())
    came_by = serializers.DictField(child=serializers.IntegerField())
    known_by = serializers.DictField(child=serializers.IntegerField())
    announced_and_not_read = serializers.ListField(child=serializers.CharField())
    batches = BatchToldSerializer(many=True)
    polls = PollsSerializer(many=True)

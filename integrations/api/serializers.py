"""How rows of the edge look in the API. Settings and secrets of a connection are not among them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.clock import wall_now
from integrations.health import health_of
from integrations.models import Connection, Envelope, Pull
from integrations.reading import reading_of


class PullSerializer(serializers.ModelSerializer[Pull]):
    class Meta:
        model = Pull
        fields = ("stream", "through", "read_at", "failures", "problem")
        read_only_fields = fields


class HealthSerializer(serializers.Serializer[Any]):
    word = serializers.CharField(help_text="Running, Paused, Not answering, Failing, …")
    tone = serializers.ChoiceField(["good", "warn", "bad", "mute"])
    problem = serializers.CharField(allow_blank=True)


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    health = serializers.SerializerMethodField()
    pulls = PullSerializer(many=True, read_only=True)

    class Meta:
        model = Connection
        fields = (
            *("id", "slug", "name", "connector", "account", "environment", "state"),
            *("health", "circuit", "paused_until", "pause_reason", "newest_fact_at", "pulls"),
        )
        read_only_fields = fields

    @extend_schema_field(HealthSerializer)
    def get_health(self, connection: Connection) -> dict[str, str]:
        found = health_of(connection, wall_now())
        return {"word": found.word, "tone": found.tone, "problem": found.problem}


class StatementSerializer(serializers.ModelSerializer[Envelope]):
    """`lines` are counts; null until a worker has read the file, within seconds."""

    connection = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Envelope
        fields = ("id", "connection", "name", "size", "received_at", "state", "problem", "lines")
        read_only_fields = fields

    @extend_schema_field(
        {
            "type": "object",
            "nullable": True,
            "properties": {name: {"type": "integer"} for name in ("new", "known", "refused")},
            "required": ["new", "known", "refused"],
        }
    )
    def get_lines(self, envelope: Envelope) -> dict[str, int] | None:
        found = reading_of(envelope)
        if not found.is_read:
            return None
        return {"new": found.new, "known": found.known, "refused": found.refused}

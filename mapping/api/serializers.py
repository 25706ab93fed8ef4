"""How rule sets, and files that wait to be applied, look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from integrations.models import Pair
from mapping.api import examples
from mapping.comparing import Word
from mapping.import_page import shown
from mapping.models import RuleImport, RuleSetVersion
from mapping.rule_set_table import ends_on, standing_now
from mapping.services import imports


class RuleSetSerializer(serializers.ModelSerializer[RuleSetVersion]):
    pair = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    standing = serializers.SerializerMethodField(
        help_text="What the state means on this business day: In force, Waits for approval, …"
    )
    ends_on = serializers.SerializerMethodField(
        help_text="The last business day that it decides; null for one without an end."
    )
    based_on_id = serializers.IntegerField(read_only=True, allow_null=True)
    handed_in_by = serializers.CharField(source="reviewed_by", read_only=True)

    class Meta:
        model = RuleSetVersion
        fields: tuple[str, ...] = (
            *("id", "pair", "number", "state", "standing", "active_from", "ends_on", "note"),
            *("based_on_id", "created_by", "handed_in_by", "approved_by", "created_at"),
        )
        read_only_fields = fields

    def get_standing(self, version: RuleSetVersion) -> str:
        return standing_now(version)[0]

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_ends_on(self, version: RuleSetVersion) -> str | None:
        last = ends_on(version)
        return last.isoformat() if last else None


@extend_schema_serializer(examples=[examples.RULE_SET])
class RuleSetDetailSerializer(RuleSetSerializer):
    editors = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Everybody who changed it as a draft or handed it in.",
    )

    class Meta(RuleSetSerializer.Meta):
        fields = (
            *RuleSetSerializer.Meta.fields,
            *("deposit_pattern", "editors", "edited_at", "sealed_at"),
        )
        read_only_fields = fields


class RowChangeSerializer(serializers.Serializer[Any]):
    word = serializers.ChoiceField([word.value for word in Word if word != Word.SAME])
    place = serializers.IntegerField(help_text="In the order of its kind; of a removed row before.")
    before = serializers.CharField(allow_blank=True, help_text="The row as a sentence.")
    after = serializers.CharField(allow_blank=True)


class RefusalSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    why = serializers.CharField()


class KindCheckSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField(help_text="The kind in words.")
    counts = serializers.DictField(child=serializers.IntegerField())
    changes = RowChangeSerializer(many=True, help_text="At most 200.")
    more = serializers.IntegerField(help_text="Changes that are not listed.")
    refusals = RefusalSerializer(many=True, help_text="At most 200.")
    refused = serializers.IntegerField()


@extend_schema_serializer(examples=[examples.RULE_IMPORT])
class RuleImportSerializer(serializers.ModelSerializer[RuleImport]):
    """A file that waits: what it would change, kind by kind. Nothing has changed yet."""

    pair = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    version_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The draft it is for; null for a new one."
    )
    compared_with = serializers.SerializerMethodField(
        help_text="The number of the version it was compared with; null without any."
    )
    checks = serializers.SerializerMethodField(help_text="The kinds that would change.")
    refused = serializers.SerializerMethodField(help_text="Rows that cannot be taken.")
    seen = serializers.SerializerMethodField(
        help_text="Hand it back to apply: another one as soon as the rules change meanwhile."
    )

    class Meta:
        model = RuleImport
        fields = (
            *("id", "pair", "version_id", "kind", "name", "note", "made_by", "made_at"),
            *("compared_with", "checks", "refused", "seen"),
        )
        read_only_fields = fields

    def to_representation(self, instance: RuleImport) -> dict[str, Any]:
        self._checks = imports.checks_of(instance)
        return super().to_representation(instance)

    def get_compared_with(self, waiting: RuleImport) -> int | None:
        base = imports.base_of(waiting)
        return base.number if base else None

    @extend_schema_field(KindCheckSerializer(many=True))
    def get_checks(self, waiting: RuleImport) -> list[dict[str, Any]]:
        return [_plain(check) for check in self._checks if not check.is_same]

    def get_refused(self, waiting: RuleImport) -> int:
        return sum(len(check.refusals) for check in self._checks)

    def get_seen(self, waiting: RuleImport) -> str:
        return imports.seen_mark(self._checks)


def _plain(check: imports.Check) -> dict[str, Any]:
    told = shown(check)
    refusals = [{"line": each.line, "why": each.why} for each in told["refusals"]]
    counts = {word.value: count for word, count in told["counts"]}
    return {
        **{name: told[name] for name in ("changes", "more", "refused")},
        "kind": check.kind.slug,
        "name": check.kind.label,
        "counts": counts,
        "refusals": refusals,
    }


class NoteBody(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=200, help_text="Why, in a sentence.")


class StartBody(serializers.Serializer[Any]):
    active_from = serializers.DateField(
        help_text="The first business day that it decides; what was decided before stays."
    )


class ImportBody(serializers.Serializer[Any]):
    pair = serializers.SlugRelatedField[Any](
        slug_field="slug", queryset=Pair.objects.all(), help_text="The slug of a pair."
    )
    note = serializers.CharField(max_length=200, help_text="What the draft is for.")
    file = serializers.FileField(
        max_length=120, help_text="A whole rule set, as `rule-sets/{id}/file` answers it."
    )


class ApplyBody(serializers.Serializer[Any]):
    seen = serializers.CharField(max_length=40, help_text="`seen` of what you looked at.")
    skip_refused = serializers.BooleanField(
        default=False, help_text="Take the other rows; then nothing is removed."
    )

"""ERP documents for other software: as they are owed, and as they were read back."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from audit.api.views import DetailView, ListView
from console.api.fields import Amount
from console.keyset import Order
from integrations.choices import PostingState
from integrations.standing import owed_fields
from reconciliation.api import examples
from reconciliation.api.rates import Conversion
from reconciliation.choices import EffectKind
from reconciliation.filters import DocumentFilter
from reconciliation.models import DocumentReading, Effect
from reconciliation.questions import erp_documents


class ReadingSerializer(serializers.ModelSerializer[DocumentReading]):
    found = serializers.DictField(
        source="fields",
        child=serializers.CharField(),
        read_only=True,
        help_text="What the ERP holds, field by field; empty when it was not found.",
    )
    differing = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = DocumentReading
        fields = (
            *("verdict", "found", "differing", "changed_by", "changed_at"),
            *("first_read_at", "read_at"),
        )
        read_only_fields = fields


class ErpDocumentSerializer(serializers.ModelSerializer[Effect]):
    posting_id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(EffectKind.choices, read_only=True)
    state = serializers.ChoiceField(PostingState.choices, source="posting.state", read_only=True)
    document_no = serializers.CharField(source="posting.document_no", read_only=True)
    target = serializers.SlugField(source="posting.target.slug", read_only=True)
    company = serializers.CharField(source="posting.company", read_only=True)
    amount = Amount("posting.amount", currency="posting.currency")
    erp_batch_ref = serializers.CharField(source="posting.batch_ref", read_only=True)
    transaction_id = serializers.IntegerField(read_only=True, allow_null=True)
    batch_id = serializers.IntegerField(read_only=True, allow_null=True)
    bank_line_id = serializers.IntegerField(source="line_id", read_only=True, allow_null=True)
    corrects_id = serializers.IntegerField(read_only=True, allow_null=True)
    rule_set = serializers.IntegerField(source="version.number", read_only=True)
    entered_at = serializers.DateTimeField(
        source="posting.entered_at", read_only=True, allow_null=True
    )
    posted_at = serializers.DateTimeField(
        source="posting.posted_at", read_only=True, allow_null=True
    )
    read_back = ReadingSerializer(
        source="posting.reading",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="Null for a document that was never read back.",
    )

    class Meta:
        model = Effect
        fields: tuple[str, ...] = (
            *("id", "posting_id", "kind", "state", "document_no", "target", "company", "amount"),
            *("business_on", "erp_batch_ref", "transaction_id", "batch_id", "bank_line_id"),
            *("corrects_id", "rule_set", "entered_at", "posted_at", "read_back"),
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.DOCUMENT])
class DocumentDetailSerializer(ErpDocumentSerializer):
    owed = serializers.SerializerMethodField(help_text="What we posted, field by field.")
    conversion = Conversion(
        source="transaction",
        read_only=True,
        help_text="What its payment was converted by; null where it is as the gateway says.",
    )

    class Meta(ErpDocumentSerializer.Meta):
        fields = (*ErpDocumentSerializer.Meta.fields, "owed", "conversion")
        read_only_fields = fields

    def get_owed(self, effect: Effect) -> dict[str, str]:
        return owed_fields(effect.posting.draft)


def _documents() -> QuerySet[Effect]:
    related = ("posting__target", "posting__reading", "version")
    return erp_documents().select_related(*related)


class DocumentList(ListView):
    """Documents in the ERP, the newest business day first."""

    filter_class = DocumentFilter
    order = Order("business_on")
    serializer_class = ErpDocumentSerializer

    def rows(self) -> QuerySet[Effect]:
        return _documents().defer("posting__draft", "posting__differences")


class DocumentDetail(DetailView):
    """One document in the ERP, as it is owed and as it was read back."""

    serializer_class = DocumentDetailSerializer

    def rows(self) -> QuerySet[Effect]:
        return _documents()

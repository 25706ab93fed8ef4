"""How rows of the books and the desk look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from console.api.fields import Amount
from integrations.choices import PostingState
from integrations.models import Attempt, Posting
from reconciliation.api import examples
from reconciliation.api.rates import Conversion
from reconciliation.choices import EffectKind, Placement
from reconciliation.erp_status import erp_status_of
from reconciliation.models import (
    BankLine,
    Certificate,
    Effect,
    ExceptionItem,
    ExceptionNote,
    SettlementBatch,
    Transaction,
    TransactionHistory,
)
from reconciliation.services import desk
from reconciliation.services.bulk import singles

_TEXTS = {"type": "array", "items": {"type": "object", "additionalProperties": True}}


class Slug(serializers.SlugRelatedField[Any]):
    """A connection by the name that its addresses have."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", read_only=True, **kwargs)


class DocumentSerializer(serializers.ModelSerializer[Effect]):
    """A document that the ERP is owed, or has."""

    posting_id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(EffectKind.choices, read_only=True)
    state = serializers.ChoiceField(PostingState.choices, source="posting.state", read_only=True)
    document_no = serializers.CharField(source="posting.document_no", read_only=True)

    class Meta:
        model = Effect
        fields = ("posting_id", "kind", "state", "document_no")


class TransactionSerializer(serializers.ModelSerializer[Transaction]):
    connection = Slug()
    amount = Amount("amount", help_text="A magnitude; `kind` says which way it moves.")
    batch_id = serializers.IntegerField(read_only=True, allow_null=True)
    parent_id = serializers.IntegerField(read_only=True, allow_null=True)
    reference_texts = serializers.ListField(child=serializers.CharField(), read_only=True)
    placement = serializers.ChoiceField(["", *Placement.values], read_only=True)
    conversion = Conversion(
        source="*",
        read_only=True,
        help_text="How the gateway's amount became `amount`; null where it is as the gateway says.",
    )
    documents = DocumentSerializer(source="effects", many=True, read_only=True)

    class Meta:
        model = Transaction
        fields: tuple[str, ...] = (
            *("id", "connection", "vendor_id", "kind", "status", "amount"),
            *("captured_at", "captured_on", "settled_at", "settled_on"),
            *("batch_id", "batch_ref", "parent_id", "customer_ref", "customer_id", "payer_ref"),
            *("reference_texts", "method", "last4", "approval_code", "response"),
            *("decision", "decided_rule", "placement", "conversion"),
            *("documents", "updated_at"),
        )
        read_only_fields = fields


class HistorySerializer(serializers.ModelSerializer[TransactionHistory]):
    class Meta:
        model = TransactionHistory
        fields = ("from_status", "to_status", "business_at", "recorded_at")
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.TRANSACTION])
class TransactionDetailSerializer(TransactionSerializer):
    erp_status = serializers.SerializerMethodField(
        help_text="What its status is called in the ERP, by the rules; empty where none says."
    )
    history = HistorySerializer(many=True, read_only=True)
    exception_ids = serializers.PrimaryKeyRelatedField[Any](
        source="exceptions", many=True, read_only=True
    )

    class Meta(TransactionSerializer.Meta):
        fields = (*TransactionSerializer.Meta.fields, "erp_status", "history", "exception_ids")
        read_only_fields = fields

    def get_erp_status(self, row: Transaction) -> str:
        return erp_status_of(row)


@extend_schema_field(_TEXTS)
class Reasons(serializers.JSONField):
    """Named causes: {"reason", "message", "amount"} each."""


class BatchSerializer(serializers.ModelSerializer[SettlementBatch]):
    connection = Slug()
    sales = Amount("sales_amount")
    refunds = Amount("refunds_amount")
    fee = Amount("fee_amount")
    net = Amount("net_amount")
    bank = Amount("bank_amount", allow_null=True)
    residual = Amount("residual")
    reasons = Reasons(read_only=True)

    class Meta:
        model = SettlementBatch
        fields: tuple[str, ...] = (
            *("id", "connection", "vendor_ref", "state", "closed_at", "closed_on"),
            *("reported_count", "sales", "refunds", "fee", "net", "bank", "residual"),
            *("reasons", "accepted", "updated_at"),
        )
        read_only_fields = fields


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    body = serializers.DictField(read_only=True, help_text="The proof itself; amounts are texts.")
    supersedes = serializers.IntegerField(
        source="supersedes.number", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Certificate
        fields = (
            *("number", "ties_out", "supersedes", "business_at", "issued_at"),
            *("body_hash", "body"),
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.BATCH])
class BatchDetailSerializer(BatchSerializer):
    certificate = serializers.SerializerMethodField(help_text="The newest; null before the first.")
    exception_ids = serializers.PrimaryKeyRelatedField[Any](
        source="exceptions", many=True, read_only=True
    )

    class Meta(BatchSerializer.Meta):
        fields = (*BatchSerializer.Meta.fields, "certificate", "exception_ids")
        read_only_fields = fields

    @extend_schema_field(CertificateSerializer(allow_null=True))
    def get_certificate(self, batch: SettlementBatch) -> Any:
        newest = batch.certificates.select_related("supersedes").order_by("-number").first()
        return CertificateSerializer(newest).data if newest else None


class BankLineSerializer(serializers.ModelSerializer[BankLine]):
    connection = Slug()
    amount = Amount("amount", help_text="Signed from the merchant's side.")
    balance = Amount("balance", allow_null=True)
    batch_ids = serializers.SlugRelatedField[Any](
        source="matches", many=True, read_only=True, slug_field="batch_id"
    )

    class Meta:
        model = BankLine
        fields = (
            *("id", "connection", "booked_on", "description", "reference", "amount", "balance"),
            *("state", "rule", "batch_ids"),
        )
        read_only_fields = fields


class PostingSerializer(serializers.ModelSerializer[Posting]):
    target = Slug()
    kind = serializers.SerializerMethodField()
    amount = Amount("amount")
    group_id = serializers.IntegerField(read_only=True, allow_null=True)
    transaction_id = serializers.IntegerField(
        source="effect.transaction_id", default=None, allow_null=True, read_only=True
    )
    batch_id = serializers.IntegerField(
        source="effect.batch_id", default=None, allow_null=True, read_only=True
    )
    bank_line_id = serializers.IntegerField(
        source="effect.line_id", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Posting
        fields: tuple[str, ...] = (
            *("id", "key", "target", "company", "kind", "state", "amount", "code", "message"),
            *("document_no", "batch_ref", "group_id", "transaction_id", "batch_id"),
            *("bank_line_id", "attempt_count", "created_at", "due_at", "entered_at", "posted_at"),
        )
        read_only_fields = fields

    def get_kind(self, posting: Posting) -> str:
        effect = getattr(posting, "effect", None)
        return effect.kind if effect is not None else posting.kind


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = (
            *("number", "started_at", "ended_at", "outcome", "code", "message", "request_id"),
        )
        read_only_fields = fields


class PostingDetailSerializer(PostingSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)
    differences = Reasons(read_only=True)
    draft = serializers.DictField(read_only=True, help_text="The document as it is owed.")
    exception_ids = serializers.PrimaryKeyRelatedField[Any](
        source="exceptions", many=True, read_only=True
    )

    class Meta(PostingSerializer.Meta):
        fields = (
            *PostingSerializer.Meta.fields,
            *("attempts", "differences", "draft", "exception_ids"),
        )
        read_only_fields = fields


class ExceptionSerializer(serializers.ModelSerializer[ExceptionItem]):
    connection = Slug()
    amount = Amount("amount", allow_null=True)
    transaction_id = serializers.IntegerField(read_only=True, allow_null=True)
    batch_id = serializers.IntegerField(read_only=True, allow_null=True)
    bank_line_id = serializers.IntegerField(source="line_id", read_only=True, allow_null=True)
    posting_id = serializers.IntegerField(read_only=True, allow_null=True)
    order_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = ExceptionItem
        fields: tuple[str, ...] = (
            *("id", "reason", "message", "amount", "state", "owner", "connection"),
            *("transaction_id", "batch_id", "bank_line_id", "posting_id", "order_id"),
            *("business_on", "due_on"),
            *("opened_at", "closed_at", "closed_by", "resolution"),
        )
        read_only_fields = fields


class NoteSerializer(serializers.ModelSerializer[ExceptionNote]):
    class Meta:
        model = ExceptionNote
        fields = ("at", "actor", "action", "text")
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.EXCEPTION])
class ExceptionDetailSerializer(ExceptionSerializer):
    details = serializers.DictField(read_only=True)
    suggestions = Reasons(read_only=True)
    notes = NoteSerializer(many=True, read_only=True)
    actions = serializers.SerializerMethodField(help_text="What can be done about it now.")
    waits_in_run_id = serializers.SerializerMethodField(
        help_text="The bulk run in which something waits to be done about it; else null."
    )

    class Meta(ExceptionSerializer.Meta):
        fields = (
            *ExceptionSerializer.Meta.fields,
            *("details", "suggestions", "notes", "actions", "waits_in_run_id"),
        )
        read_only_fields = fields

    def get_waits_in_run_id(self, item: ExceptionItem) -> int | None:
        run = singles.waiting_run(item)
        return run.pk if run else None

    def get_actions(self, item: ExceptionItem) -> list[str]:
        return desk.actions_for(item)

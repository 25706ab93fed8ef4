"""One invoice, one customer: the books beside what the ERP says at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.views import ApiView
from console.api.fields import MONEY, Amount, money
from console.asked import require_number
from integrations.choices import PostingState
from integrations.models import Pair
from integrations.money import Money
from mapping.models import CustomerLink
from reconciliation import customer_account, invoice_page
from reconciliation.api import examples
from reconciliation.services.erp_now import invoices_named, open_invoices


@extend_schema_field({"type": "array", "items": MONEY, "nullable": True})
class Sums(serializers.Field[Any, Any, Any, Any]):
    """Amounts of several currencies."""

    def to_representation(self, value: Sequence[Money]) -> list[dict[str, str] | None]:
        return [money(each.amount, each.currency) for each in value]


class OpenItemSerializer(serializers.Serializer[Any]):
    """An invoice as the ERP has it; `available` is its balance less what is pending there."""

    document_no = serializers.CharField()
    key = serializers.CharField(source="item_key", help_text="The ERP's own key.")
    customer_id = serializers.CharField()
    customer_name = serializers.CharField()
    invoiced_on = serializers.DateField()
    amount = Amount("amount.amount", currency="amount.currency")
    balance = Amount("balance.amount", currency="balance.currency")
    available = Amount("available.amount", currency="available.currency")


class ErpNowSerializer(serializers.Serializer[Any]):
    """`problem` says why the ERP gave no answer; empty when it did."""

    problem = serializers.CharField(allow_blank=True)
    has_more = serializers.BooleanField()
    items = OpenItemSerializer(many=True)


class AppliedSerializer(serializers.Serializer[Any]):
    """What one document puts on the invoice; `counts` unless it was taken back or never sent."""

    posting_id = serializers.IntegerField(source="row.effect.posting_id")
    document_no = serializers.CharField(source="row.effect.posting.document_no")
    state = serializers.ChoiceField(PostingState.choices, source="row.effect.posting.state")
    transaction_id = serializers.IntegerField(source="row.effect.transaction_id", allow_null=True)
    amount = Amount("amount.amount", currency="amount.currency")
    counts = serializers.BooleanField()


@extend_schema_serializer(examples=[examples.INVOICE])
class InvoiceSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    pair = serializers.SlugField()
    erp = ErpNowSerializer()
    applied = AppliedSerializer(many=True)


class KnownAsSerializer(serializers.ModelSerializer[CustomerLink]):
    class Meta:
        model = CustomerLink
        fields = ("id", "system", "ref")
        read_only_fields = fields


@extend_schema_serializer(examples=[examples.CUSTOMER])
class CustomerSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    pair = serializers.SlugField()
    name = serializers.CharField(allow_blank=True, help_text="As the ERP was last read.")
    known_as = KnownAsSerializer(many=True, help_text="Its numbers in other systems.")
    on_account = Sums(
        allow_null=True,
        help_text="Money of no invoice yet, by currency; null when it is too much to add up here.",
    )
    exception_ids = serializers.ListField(child=serializers.IntegerField())
    erp = ErpNowSerializer()


class InvoiceDetail(ApiView):
    @extend_schema(responses=InvoiceSerializer)
    def get(self, request: Request, slug: str, number: str) -> Response:
        """An invoice: what was applied to it, and how it stands in the ERP at this moment."""
        pair = _pair(slug, number, invoice_page.LONGEST)
        rows = list(invoice_page.reservations(pair, number)[: invoice_page.SHOWN])
        now = invoices_named(pair, number, {row.item_key for row in rows})
        applied = invoice_page.applied(rows)
        plain = {"number": number, "pair": pair.slug, "erp": now, "applied": applied}
        return Response(InvoiceSerializer(plain).data)


class CustomerDetail(ApiView):
    @extend_schema(responses=CustomerSerializer)
    def get(self, request: Request, slug: str, number: str) -> Response:
        """A customer of the ERP: their names elsewhere, money on account and open invoices."""
        pair = _pair(slug, number, customer_account.LONGEST)
        return Response(CustomerSerializer(_customer(pair, number)).data)


def _pair(slug: str, number: str, longest: int) -> Pair:
    require_number(number, longest)
    return get_object_or_404(Pair.objects.select_related("erp", "gateway"), slug=slug)


def _customer(pair: Pair, number: str) -> dict[str, Any]:
    known = customer_account.identity(pair, number)
    return {
        "number": number,
        "pair": pair.slug,
        "name": known.name if known else "",
        "known_as": customer_account.links(pair, number),
        "on_account": customer_account.on_account(pair, number),
        "exception_ids": [item.pk for item in customer_account.exceptions(pair, number)],
        "erp": open_invoices(pair, number),
    }

"""Orders of shops, and what became of them, for other software."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.api.views import DetailView, ListView
from console.api.fields import Amount
from console.keyset import Order as Sorting
from reconciliation import tables
from reconciliation.api.serializers import DocumentSerializer, Slug
from reconciliation.models import Order
from reconciliation.order_filters import OrderFilter
from reconciliation.order_page import line_rows, tax_rows


class OrderLineSerializer(serializers.Serializer[Any]):
    """A line as the shop has it, with the ERP's item and account by the rule that gave them."""

    position = serializers.IntegerField()
    item = serializers.CharField()
    description = serializers.CharField()
    quantity = serializers.CharField(help_text="An exact number, such as 2.5.")
    unit_price = serializers.CharField()
    amount = serializers.CharField(help_text="In the order's currency.")
    erp_item = serializers.CharField(help_text="Empty before it is decided.")
    account = serializers.CharField()
    rule = serializers.CharField()
    stock = serializers.CharField(help_text="What the ERP had of it; empty where it keeps none.")
    is_short = serializers.SerializerMethodField()

    def get_is_short(self, row: Any) -> bool:
        return bool(row.short)


class OrderTaxSerializer(serializers.Serializer[Any]):
    """A tax as charged, and as the rule works it out; amounts are in the order's currency."""

    name = serializers.CharField()
    taxable = serializers.CharField()
    charged = serializers.CharField()
    tax_code = serializers.CharField()
    account = serializers.CharField()
    rule = serializers.CharField()
    recomputed = serializers.CharField(help_text="Empty where no rule has a percentage.")
    difference = serializers.CharField()


class OrderSerializer(serializers.ModelSerializer[Order]):
    connection = Slug()
    lines_amount = Amount("lines_amount")
    shipping_amount = Amount("shipping_amount")
    discount_amount = Amount("discount_amount", help_text="A magnitude.")
    tax_amount = Amount("tax_amount")
    total_amount = Amount("total_amount")
    payment_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The payment that it names, once it is here."
    )
    documents = DocumentSerializer(source="effects", many=True, read_only=True)

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            *("id", "connection", "number", "revision", "ordered_on", "state", "wait_until"),
            *("customer_ref", "customer_id", "payment_ref", "payment_id", "line_count"),
            *("lines_amount", "shipping_amount", "discount_amount", "tax_amount", "total_amount"),
            *("documents", "created_at", "updated_at"),
        )
        read_only_fields = fields


class OrderDetailSerializer(OrderSerializer):
    lines = serializers.SerializerMethodField()
    taxes = serializers.SerializerMethodField()
    exception_ids = serializers.PrimaryKeyRelatedField[Any](
        source="exceptions", many=True, read_only=True
    )

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, "lines", "taxes", "exception_ids")
        read_only_fields = fields

    @extend_schema_field(OrderLineSerializer(many=True))
    def get_lines(self, order: Order) -> Any:
        return OrderLineSerializer(line_rows(order), many=True).data

    @extend_schema_field(OrderTaxSerializer(many=True))
    def get_taxes(self, order: Order) -> Any:
        return OrderTaxSerializer(tax_rows(order), many=True).data


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("connection").prefetch_related(tables.EFFECTS)


class OrderList(ListView):
    """Orders of shops, the newest first."""

    filter_class = OrderFilter
    order = Sorting("ordered_on")
    serializer_class = OrderSerializer

    def rows(self) -> QuerySet[Order]:
        return _orders().defer("content", "decided", "accepted")


class OrderDetail(DetailView):
    """One order with its lines, how each was mapped, and its documents in the ERP."""

    serializer_class = OrderDetailSerializer

    def rows(self) -> QuerySet[Order]:
        return _orders().prefetch_related("exceptions")

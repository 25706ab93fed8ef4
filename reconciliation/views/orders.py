"""Orders of shops: the list, and one with its lines, its invoice and its way."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty, may
from console.views import ListPage
from integrations.models import Pair
from integrations.pages import DutyPage
from reconciliation.models import Effect, Order
from reconciliation.order_filters import OrderFilter
from reconciliation.order_page import charge_rows, invoice_of, line_rows, tax_rows
from reconciliation.order_tables import ORDERS
from reconciliation.order_timeline import order_steps


class OrderList(DutyPage, ListPage):
    title = "Orders"
    table = ORDERS
    filter_class = OrderFilter
    template_name = "reconciliation/orders.html"
    empty = "Orders appear here once a shop sends them: connect one, or upload a file of orders."

    def rows(self) -> QuerySet[Order]:
        effects = Effect.objects.select_related("posting").order_by("id")
        return (
            Order.objects.select_related("connection", "payment")
            .defer("content", "decided", "accepted")
            .prefetch_related(Prefetch("effects", queryset=effects))
        )


class OrderDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = get_object_or_404(Order.objects.select_related("connection", "payment"), pk=pk)
        context = {
            "title": f"Order {order.number}",
            "order": order,
            "minus_discount": -order.discount_amount,
            "lines": line_rows(order),
            "charges": charge_rows(order),
            "taxes": tax_rows(order),
            "invoice": invoice_of(order),
            "pair": Pair.objects.filter(orders=order.connection_id).first(),
            "steps": order_steps(order, may_open=may(request.user, Duty.VIEW_ENVELOPES)),
            "exceptions": list(order.exceptions.order_by("id")[:20]),
        }
        return render(request, "reconciliation/order.html", context)

"""Orders of shops: the list, and one with its lines, its invoice and its way."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit import services as audit
from audit.roles import Duty, may, require
from console.views import ListPage
from integrations.models import Pair
from integrations.pages import DutyPage
from reconciliation.choices import OrderState
from reconciliation.models import Effect, Order
from reconciliation.order_filters import OrderFilter
from reconciliation.order_page import (
    charge_rows,
    invoice_of,
    is_decided,
    line_rows,
    tax_rows,
)
from reconciliation.order_tables import ORDERS
from reconciliation.order_timeline import order_steps
from reconciliation.services import invoicing

#: Orders that a person can have decided once more.
DECIDABLE: Final = (OrderState.HELD, OrderState.NOTHING, OrderState.WAITING)


class OrderList(DutyPage, ListPage):
    title = "Orders"
    table = ORDERS
    filter_class = OrderFilter
    template_name = "reconciliation/orders.html"
    empty = "Orders appear here once a shop sends them: connect one, or upload a file of orders."

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        found = super().context(request, selection, current)
        return found | {"may_upload": may(request.user, Duty.UPLOAD_STATEMENTS)}

    def rows(self) -> QuerySet[Order]:
        effects = Effect.objects.select_related("posting").order_by("id")
        return (
            Order.objects.select_related("connection", "payment")
            .defer("content", "decided", "accepted")
            .prefetch_related(Prefetch("effects", queryset=effects))
        )


class DecideAgain(DutyPage):
    """A person has an order without an invoice decided once more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        order = get_object_or_404(Order, pk=pk)
        with transaction.atomic():
            if invoicing.decide_again([order]):
                audit.record(
                    "order.decide_again",
                    ("order", str(order.pk)),
                    actor=audit.user_actor(request.user),
                    summary=f"Order {order.number} is decided once more.",
                    business_on=order.ordered_on,
                )
            else:
                messages.error(request, "It has its invoice: what was posted is not decided again.")
        return HttpResponseRedirect(reverse("order", args=[pk]))


class OrderDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = get_object_or_404(Order.objects.select_related("connection", "payment"), pk=pk)
        context = {
            "title": f"Order {order.number}",
            "order": order,
            "minus_discount": -order.discount_amount,
            "is_decided": is_decided(order),
            "lines": line_rows(order),
            "charges": charge_rows(order),
            "taxes": tax_rows(order),
            "invoice": invoice_of(order),
            "pair": Pair.objects.filter(orders=order.connection_id).first(),
            "may_decide": order.state in DECIDABLE and may(request.user, Duty.WORK_EXCEPTIONS),
            "steps": order_steps(order, may_open=may(request.user, Duty.VIEW_ENVELOPES)),
            "exceptions": list(order.exceptions.order_by("id")[:20]),
        }
        return render(request, "reconciliation/order.html", context)

"""Look for the sale that a refund belongs to, among the payments of its own gateway."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from console import formats
from console.filters import exact, from_moment, search, to_moment
from console.keyset import Order
from console.tables import Column, Table
from console.views import ListPage
from integrations.pages import DutyPage
from reconciliation import tables, words
from reconciliation.choices import Reason
from reconciliation.customer_names import customer_name, transactions_with_names
from reconciliation.filters import TransactionFilter
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.sales import sales_for


class SaleFilter(TransactionFilter):
    """As payments are filtered anywhere, by what tells sales apart."""

    q = search("Search", "Id, reference, amount or last four", "by_words")
    since = from_moment("captured_at")
    until = to_moment("captured_at")
    customer = exact("Customer", field_name="customer_id")
    status, kind, batch = None, None, None


def left(row: Transaction) -> Decimal:
    """What has not been given back; `given_back` stands beside each row."""
    given_back: Decimal | None = getattr(row, "given_back", None)
    return row.amount - (given_back or Decimal(0))


SALES: Final = Table[Transaction](
    caption="Settled sales",
    order=Order("captured_at"),
    columns=(
        Column("vendor_id", "Sale", lambda row: row.vendor_id),
        Column(
            "captured_at",
            "Captured",
            lambda row: row.captured_at,
            lambda row: formats.moment(row.captured_at),
            sort="captured_at",
        ),
        Column(
            "amount",
            "Amount",
            lambda row: row.amount,
            lambda row: formats.money(row.amount, row.currency),
            is_number=True,
        ),
        Column(
            "left",
            "Not given back",
            left,
            lambda row: formats.money(left(row), row.currency),
            is_number=True,
        ),
        Column("last4", "Card ends in", lambda row: row.last4),
        Column("wrote", "Pays", lambda row: words.payer_wrote(row.reference_texts, row.payer_ref)),
        Column("customer_id", "Customer", lambda row: row.customer_id or row.customer_ref),
        Column(
            "customer_name", "Customer name", lambda row: customer_name(row, row), css="clip name"
        ),
    ),
)


class SalesOfRefund(DutyPage, ListPage):
    """The sales that a refund may belong to; choosing one goes back to the exception with it."""

    title = "Find the sale"
    table = SALES
    filter_class = SaleFilter
    template_name = "reconciliation/sales.html"
    empty = "No settled sale of this gateway is older than the refund."

    @cached_property
    def item(self) -> ExceptionItem:
        found = ExceptionItem.objects.select_related("transaction__connection", "connection")
        wanted = {"reason": Reason.REFUND_UNLINKED, "transaction__isnull": False}
        return get_object_or_404(found, pk=self.kwargs["pk"], **wanted)

    @property
    def refund(self) -> Transaction:
        if self.item.transaction is None:
            raise ValueError(f"Exception {self.item.pk} is about no payment.")
        return self.item.transaction

    def rows(self) -> QuerySet[Transaction]:
        of_sale = Transaction.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
        given_back = Subquery(of_sale.annotate(sum=Sum("amount")).values("sum"))
        return transactions_with_names(sales_for(self.refund)).annotate(given_back=given_back)

    def table_for(self, request: HttpRequest) -> Table[Any]:
        back = reverse("exception", args=[self.item.pk])

        def show(row: Transaction) -> SafeString:
            if left(row) < self.refund.amount:
                return formats.link(reverse("transaction", args=[row.pk]), row.vendor_id)
            query = urlencode({"sale_ref": row.vendor_id})
            return formats.link(f"{back}?{query}", f"Choose {row.vendor_id}")

        first, *others = SALES.columns
        return replace(SALES, columns=(replace(first, show=show), *others))

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        found = super().context(request, selection, current)
        return found | {
            "item": self.item,
            "refund": self.refund,
            "subject": tables.subject(self.item),
            "wrote": words.payer_wrote(self.refund.reference_texts, self.refund.payer_ref),
        }

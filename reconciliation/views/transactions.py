"""Payment transactions: the list, and one with its way from envelope to certificate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from console.tables import Table
from console.views import ListPage
from integrations.pages import DutyPage
from reconciliation import tables, words
from reconciliation.choices import NOT_PAID
from reconciliation.customer_names import customer_name, transactions_with_names
from reconciliation.erp_status import erp_status_of
from reconciliation.filters import TransactionFilter
from reconciliation.forms import QuestionForm
from reconciliation.models import Transaction
from reconciliation.rate_words import rate_in_words
from reconciliation.services.desk import DeskError
from reconciliation.services.desk.question import OWNED, question
from reconciliation.services.pairs import of_gateway
from reconciliation.timeline import timeline_of


class TransactionList(DutyPage, ListPage):
    title = "Transactions"
    table = tables.TRANSACTIONS
    filter_class = TransactionFilter
    empty = "Transactions appear here as soon as a gateway has been read."

    def summed(self, request: HttpRequest, table: Table[Transaction]) -> dict[str, Any]:
        """What no money moved for is added up only for who asks for just that."""
        if request.GET.get("status"):
            return table.sums
        nothing = When(status__in=NOT_PAID, then=Value(Decimal(0)))
        return {key: Case(nothing, default=total) for key, total in table.sums.items()}

    def left_out_of_sums(self, request: HttpRequest) -> str:
        return "" if request.GET.get("status") else "declined and voided"

    def rows(self) -> QuerySet[Transaction]:
        found = Transaction.objects.select_related("batch").prefetch_related(tables.EFFECTS)
        return transactions_with_names(found)


class QuestionTransaction(DutyPage):
    """Somebody doubts where the money stands: the desk has it from then on."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        row = get_object_or_404(Transaction.objects.select_related("connection"), pk=pk)
        form = QuestionForm(request.POST)
        try:
            note = form.cleaned_data["note"] if form.is_valid() else ""
            item = question(row, note, user_actor(request.user))
        except DeskError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("transaction", args=[pk]))
        return HttpResponseRedirect(reverse("exception", args=[item.pk]))


class TransactionDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = Transaction.objects.select_related("batch", "connection", "parent")
        transaction = get_object_or_404(transactions_with_names(found), pk=pk)
        context = {
            "title": f"Transaction {transaction.vendor_id}",
            "transaction": transaction,
            "rate": rate_in_words(transaction),
            "customer_name": customer_name(transaction, transaction),
            "pair": of_gateway(transaction.connection_id) if transaction.customer_id else None,
            "amount": tables.signed_amount(transaction),
            "erp_status": erp_status_of(transaction),
            "wrote": words.payer_wrote(transaction.reference_texts, transaction.payer_ref),
            "steps": timeline_of(transaction, may_open=may(request.user, Duty.VIEW_ENVELOPES)),
            "orders": list(transaction.orders.only("number", "state").order_by("id")[:5]),
            "refunds": list(transaction.refunds.order_by("id")[:20]),
            "exceptions": list(transaction.exceptions.order_by("id")[:20]),
            "question": QuestionForm()
            if transaction.placement in OWNED and may(request.user, Duty.WORK_EXCEPTIONS)
            else None,
        }
        return render(request, "reconciliation/transaction.html", context)

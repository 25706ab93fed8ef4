"""Payment transactions: the list, and one with its way from envelope to certificate."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty, may
from console.views import ListPage
from integrations.pages import DutyPage
from reconciliation import tables, words
from reconciliation.customer_names import customer_name, transactions_with_names
from reconciliation.filters import TransactionFilter
from reconciliation.models import Transaction
from reconciliation.timeline import timeline_of


class TransactionList(DutyPage, ListPage):
    title = "Transactions"
    table = tables.TRANSACTIONS
    filter_class = TransactionFilter
    empty = "Transactions appear here as soon as a gateway has been read."

    def rows(self) -> QuerySet[Transaction]:
        found = Transaction.objects.select_related("batch").prefetch_related(tables.EFFECTS)
        return transactions_with_names(found)


class TransactionDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = Transaction.objects.select_related("batch", "connection", "parent")
        transaction = get_object_or_404(transactions_with_names(found), pk=pk)
        context = {
            "title": f"Transaction {transaction.vendor_id}",
            "transaction": transaction,
            "customer_name": customer_name(transaction, transaction),
            "amount": tables.signed_amount(transaction),
            "wrote": words.payer_wrote(transaction.reference_texts, transaction.payer_ref),
            "steps": timeline_of(transaction, may_open=may(request.user, Duty.VIEW_ENVELOPES)),
            "refunds": list(transaction.refunds.order_by("id")[:20]),
            "exceptions": list(transaction.exceptions.order_by("id")[:20]),
        }
        return render(request, "reconciliation/transaction.html", context)

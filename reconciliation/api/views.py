"""Reading the books and the desk: the console's lists and details, for other software."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.views import ApiView, DetailView, ListView
from console.keyset import Order
from integrations.models import Posting
from reconciliation import filters, tables
from reconciliation.api import serializers
from reconciliation.models import (
    BankLine,
    Certificate,
    ExceptionItem,
    SettlementBatch,
    Transaction,
)


def _transactions() -> QuerySet[Transaction]:
    return Transaction.objects.select_related("connection").prefetch_related(tables.EFFECTS)


class TransactionList(ListView):
    """Payment transactions, the newest first."""

    filter_class = filters.TransactionFilter
    order = Order("captured_at")
    serializer_class = serializers.TransactionSerializer

    def rows(self) -> QuerySet[Transaction]:
        return _transactions()


class TransactionDetail(DetailView):
    """One payment transaction with its history and its documents in the ERP."""

    serializer_class = serializers.TransactionDetailSerializer

    def rows(self) -> QuerySet[Transaction]:
        return _transactions().prefetch_related("history", "exceptions")


class BatchList(ListView):
    """Settlement batches, the newest first."""

    filter_class = filters.BatchFilter
    order = Order("closed_on")
    serializer_class = serializers.BatchSerializer

    def rows(self) -> QuerySet[SettlementBatch]:
        return SettlementBatch.objects.select_related("connection")


class BatchDetail(DetailView):
    """One settlement batch with its newest tie-out certificate."""

    serializer_class = serializers.BatchDetailSerializer

    def rows(self) -> QuerySet[SettlementBatch]:
        return SettlementBatch.objects.select_related("connection").prefetch_related("exceptions")


class CertificateDetail(ApiView):
    """One certificate of a batch, as it was issued."""

    serializer_class = serializers.CertificateSerializer

    @extend_schema(operation_id="batches_certificates_read")
    def get(self, request: Request, pk: int, number: int) -> Response:
        found = Certificate.objects.select_related("supersedes")
        certificate = get_object_or_404(found, batch_id=pk, number=number)
        return Response(self.serializer_class(certificate).data)


class BankLineList(ListView):
    """Lines of bank statements, the newest first."""

    filter_class = filters.BankLineFilter
    order = Order("booked_on")
    serializer_class = serializers.BankLineSerializer

    def rows(self) -> QuerySet[BankLine]:
        return BankLine.objects.select_related("connection").prefetch_related("matches")


class BankLineDetail(DetailView):
    """One line of a bank statement and the batches that it pays."""

    serializer_class = serializers.BankLineSerializer

    def rows(self) -> QuerySet[BankLine]:
        return BankLine.objects.select_related("connection").prefetch_related("matches")


class PostingList(ListView):
    """Documents that the ERP is owed, and what became of them; the newest first."""

    filter_class = filters.PostingFilter
    order = Order("id")
    serializer_class = serializers.PostingSerializer

    def rows(self) -> QuerySet[Posting]:
        return Posting.objects.select_related("target", "effect").defer("draft", "differences")


class PostingDetail(DetailView):
    """One document with every attempt to send it."""

    serializer_class = serializers.PostingDetailSerializer

    def rows(self) -> QuerySet[Posting]:
        found = Posting.objects.select_related("target", "effect")
        return found.prefetch_related("attempts", "exceptions")


class ExceptionList(ListView):
    """What needs a person, the newest first; open and claimed ones unless others are asked for."""

    filter_class = filters.ExceptionFilter
    order = Order("business_on")
    serializer_class = serializers.ExceptionSerializer

    def rows(self) -> QuerySet[ExceptionItem]:
        return ExceptionItem.objects.select_related("connection")


class ExceptionDetail(DetailView):
    """One exception with its notes, and what can be done about it."""

    serializer_class = serializers.ExceptionDetailSerializer

    def rows(self) -> QuerySet[Any]:
        return items()


def items() -> QuerySet[ExceptionItem]:
    found = ExceptionItem.objects.select_related("connection", "transaction", "posting")
    return found.prefetch_related("notes")

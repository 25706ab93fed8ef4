"""Questions that several pages ask of the books, so that a figure and the rows behind it agree."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from reconciliation.choices import OPEN_STATES, BatchState, EffectKind, TransactionStatus
from reconciliation.models import Effect, ExceptionItem

#: Statuses of sales whose money the gateway took.
TAKEN: Final = (
    TransactionStatus.CAPTURED,
    TransactionStatus.SETTLED,
    TransactionStatus.FUNDED,
    TransactionStatus.REFUNDED,
    TransactionStatus.PARTIALLY_REFUNDED,
    TransactionStatus.CHARGED_BACK,
    TransactionStatus.RETURNED,
)


def in_transit(batches: QuerySet[Any]) -> QuerySet[Any]:
    """Settled, and not yet seen on the bank."""
    return batches.filter(bank_amount__isnull=True).exclude(state=BatchState.OPEN)


def open_exceptions() -> QuerySet[ExceptionItem]:
    return ExceptionItem.objects.filter(state__in=OPEN_STATES)


def erp_documents() -> QuerySet[Effect]:
    """Effects to which the ERP has given a document; the order to post a batch makes none."""
    found = Effect.objects.exclude(kind=EffectKind.ERP_BATCH_POST)
    return found.filter(posting__document_no__gt="")

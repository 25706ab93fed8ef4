"""Questions that several pages ask of the books, so that a figure and the rows behind it agree."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from reconciliation.choices import OPEN_STATES, BatchState, TransactionStatus
from reconciliation.models import ExceptionItem

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

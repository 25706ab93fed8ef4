"""ERP batches in which nothing is left: closed, so that no certificate waits for their posting.

A document that is set aside, or cancelled before it was sent, may have been the only one of its
ERP batch. Mostly its payment is decided anew and the batch is used again. Where the payment then
owes no document of that sort, nobody would ever post the batch.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.choices import PostingState
from integrations.locks import transaction_lock
from integrations.models import Pair, Posting
from integrations.services import lanes
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel_empty, may_have_written
from reconciliation.choices import BatchState, DecisionState, EffectKind
from reconciliation.models import Effect, Transaction
from reconciliation.services.known import company_lock
from reconciliation.services.pairs import for_each_pair, today

WAITING: Final = """
    EXISTS (SELECT 1 FROM integrations_posting p
             WHERE p.kind = 'batch' AND p.state IN ('ready', 'waiting', 'entered', 'held')
               AND EXISTS (SELECT 1 FROM integrations_posting m WHERE m.group_id = p.id)
               AND NOT EXISTS (SELECT 1 FROM integrations_posting m
                                WHERE m.group_id = p.id AND m.state <> 'cancelled'))"""
AT_ONCE: Final = 50
WHY: Final = "Nothing is left in the ERP batch, and nothing comes into it any more."
#: An ERP batch that may still be closed without a look at the ERP.
OPEN: Final = (PostingState.READY, PostingState.WAITING, PostingState.HELD)
#: Payments about which it is not known yet what they owe.
UNDECIDED: Final = (DecisionState.DUE, DecisionState.CORRECTING)


def drain() -> int:
    """Close a portion for every pair; answers how many ERP batches were closed."""
    return for_each_pair("empty batches", close_empty)


def close_empty(pair: Pair) -> int:
    """Close the ERP batches of a pair in which nothing is left, the oldest first."""
    # Decisions put documents into open ERP batches under the same lock.
    with transaction.atomic():
        transaction_lock(company_lock(pair))
        closed = sum(_close(effect) for effect in empty_batches(pair)[:AT_ONCE])
        if closed:
            lanes.wake("deliver")
    return closed


def _close(effect: Effect) -> int:
    try:
        with transaction.atomic():
            cancel_empty(effect.posting, "worker", WHY)
    except ContentConflictError:
        return 0  # A worker has just claimed it: it comes again when the ERP has answered.
    return 1


def empty_batches(pair: Pair) -> QuerySet[Effect]:
    """ERP batches without a document that nothing comes into any more; ask under `company_lock`.

    A day's batch is kept until its day is over, a settlement batch's while a member is undecided.
    """
    members = Posting.objects.filter(group=OuterRef("posting"))
    undecided = Transaction.objects.filter(decision__in=UNDECIDED)
    of_a_day = Q(batch__isnull=True, line__isnull=True, transaction__isnull=True)
    unsent = Q(posting__state__in=OPEN) & ~may_have_written("posting")
    return (
        Effect.objects.filter(unsent | Q(posting__state=PostingState.ENTERED))
        .filter(Exists(members), pair=pair, kind=EffectKind.ERP_BATCH)
        .exclude(Exists(members.exclude(state=PostingState.CANCELLED)))
        .exclude(Exists(undecided.filter(effects__posting__group=OuterRef("posting"))))
        .exclude(Exists(undecided.filter(batch=OuterRef("batch"))))
        .exclude(batch__state=BatchState.OPEN)
        .exclude(of_a_day, business_on__gte=today(pair))
        .select_related("posting")
        .order_by("id")
    )

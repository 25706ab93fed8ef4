"""The ERP batches of captured payments: posted when they are full, old, or their day is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from integrations.canonical import DocumentKind
from integrations.choices import FINAL_STATES, PostingState
from integrations.clock import wall_now
from integrations.locks import transaction_lock
from integrations.models import Pair, Posting
from integrations.services import lanes
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import regroup
from reconciliation.choices import EffectKind
from reconciliation.models import Effect
from reconciliation.services import effects
from reconciliation.services.known import company_lock
from reconciliation.services.orders import order_posting
from reconciliation.services.pairs import for_each_pair, today

WAITING: Final = """
    EXISTS (SELECT 1 FROM integrations_posting p
              JOIN reconciliation_effect e ON e.posting_id = p.id
              JOIN integrations_pair r ON r.id = e.pair_id
             WHERE p.state = 'entered' AND e.kind = 'erp_batch' AND r.post_batches
               AND e.batch_id IS NULL AND e.line_id IS NULL AND e.transaction_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM integrations_posting s
                                WHERE s.group_id = p.id AND s.kind = 'batch_post'
                                  AND s.state <> 'cancelled')
               AND EXISTS (SELECT 1 FROM integrations_posting m
                            WHERE m.group_id = p.id AND m.state <> 'cancelled')
               AND (p.created_at <= %(wall)s::timestamptz
                        - make_interval(mins => r.post_after_minutes)
                    OR (p.draft->>'posting_on')::date
                        < (%(business)s::timestamptz AT TIME ZONE r.time_zone)::date
                    OR (SELECT count(*) FROM integrations_posting m
                         WHERE m.group_id = p.id AND m.state <> 'cancelled')
                        >= r.post_after_documents
                    OR EXISTS (SELECT 1 FROM integrations_posting m
                                WHERE m.group_id = p.id AND m.kind = 'reversal'
                                  AND m.state <> 'cancelled')))
    OR EXISTS (SELECT 1 FROM integrations_posting p
                 JOIN integrations_posting g ON g.id = p.group_id
                 JOIN reconciliation_effect e ON e.posting_id = g.id
                WHERE p.state = 'held' AND p.code = 'batch_not_open'
                  AND g.state IN ('posted', 'duplicate')
                  AND e.batch_id IS NULL AND e.line_id IS NULL AND e.transaction_id IS NULL)"""
#: What the ERP refuses a document with whose batch has been posted.
NOT_OPEN: Final = "batch_not_open"
AT_ONCE: Final = 50


def drain() -> int:
    """Order the posting of what is due for every pair; answers how many ERP batches."""
    return for_each_pair("day batches", lambda pair: post_due(pair) + move_on(pair))


def move_on(pair: Pair) -> int:
    """What came a moment after a bookkeeper had posted its ERP batch goes into the day's next one.

    The ERP has refused it there, so nothing was written.
    """
    late = (
        Posting.objects.filter(
            effect__pair=pair,
            state=PostingState.HELD,
            code=NOT_OPEN,
            group__state__in=FINAL_STATES,
            group__effect__batch__isnull=True,
            group__effect__line__isnull=True,
            group__effect__transaction__isnull=True,
        )
        .select_related("group", "effect__order__connection")
        .order_by("id")
    )
    moved = 0
    for posting in late[:AT_ONCE]:
        with transaction.atomic():
            transaction_lock(company_lock(pair))
            moved += _move_on(pair, posting)
    return moved


def _move_on(pair: Pair, posting: Posting) -> int:
    if posting.group is None:
        return 0
    day = date.fromisoformat(posting.group.draft["posting_on"])
    if posting.effect.order is not None:
        shop = posting.effect.order.connection
        group = effects.invoices_batch(pair, shop, day, posting.effect.version_id)
    else:
        account = str(posting.group.draft["deposit_account"])
        group = effects.day_batch(pair, day, account, posting.effect.version_id)
    try:
        regroup(posting, group, "worker", "Its ERP batch was posted; it goes into the next one.")
    except ContentConflictError:
        return 0  # A person was first, or it may have been written: the desk has it.
    return 1


def post_due(pair: Pair) -> int:
    """Order the posting of a pair's open day batches that are due, the oldest first.

    What a batch builds upon goes with it: a reversal is never posted before its receipt.
    """
    if not pair.post_batches:
        return 0
    with transaction.atomic():
        transaction_lock(company_lock(pair))
        on = today(pair)
        due = [effect for effect in open_day_batches(pair)[:AT_ONCE] if is_due(pair, effect, on)]
        ordered = sum(order_posting(pair, effect.posting) for effect in due)
        if ordered:
            lanes.wake("deliver")
    return ordered


def open_day_batches(pair: Pair) -> QuerySet[Effect]:
    """ERP batches of captured payments whose posting is not ordered, the oldest first.

    An order that was cancelled, since nothing was left to post, is given again for what came later.
    """
    live = ~Q(posting__members__state=PostingState.CANCELLED)
    sealed = Posting.objects.filter(
        group=OuterRef("posting"), kind=DocumentKind.BATCH_POST
    ).exclude(state=PostingState.CANCELLED)
    return (
        Effect.objects.filter(
            pair=pair,
            kind=EffectKind.ERP_BATCH,
            batch__isnull=True,
            line__isnull=True,
            transaction__isnull=True,
            posting__state=PostingState.ENTERED,
        )
        .exclude(Exists(sealed))
        .annotate(
            documents=Count("posting__members", filter=live),
            reversals=Count(
                "posting__members",
                filter=live & Q(posting__members__kind=DocumentKind.REVERSAL),
            ),
        )
        .filter(documents__gt=0)
        .select_related("posting")
        .order_by("id")
    )


def is_due(pair: Pair, effect: Effect, on: date) -> bool:
    """`effect` comes from `open_day_batches`: it knows how many documents the batch holds.

    One with a reversal is due at once: somebody waits for the invoice that it frees.
    """
    opened_at = effect.posting.created_at
    return (
        effect.business_on < on
        or getattr(effect, "reversals", 0) > 0
        or getattr(effect, "documents", 0) >= pair.post_after_documents
        or opened_at <= wall_now() - timedelta(minutes=pair.post_after_minutes)
    )

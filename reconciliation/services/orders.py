"""Order the posting of ERP batches: each with what it holds, and after those it builds upon."""

from __future__ import annotations

from typing import Final

from django.db.models import Count, Sum

from integrations.canonical import BatchPostDraft, BatchPurpose, DocumentKind
from integrations.choices import FINAL_STATES, PostingState
from integrations.models import Pair, Posting
from integrations.money import Money
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import Effect
from reconciliation.services.effects import NewEffect, is_sealed, make

#: What is posted, or never will be, is waited for no more.
DONE: Final = (*FINAL_STATES, PostingState.CANCELLED)


def order_posting(pair: Pair, group: Posting) -> bool:
    """Owe the posting of an ERP batch with what it holds now; answers whether it is new.

    Batches that it builds upon are ordered before it. Nothing is ordered where a bookkeeper posts
    the batches, or for a batch without documents.
    """
    return _order(pair, group, frozenset())


def _order(pair: Pair, group: Posting, on_the_way: frozenset[int]) -> bool:
    """`on_the_way`: batches that are being ordered, and wait for this one."""
    members = Posting.objects.filter(group=group).exclude(state=PostingState.CANCELLED)
    held = members.aggregate(count=Count("id"), amount=Sum("amount"))
    if not pair.post_batches or not held["count"] or is_sealed(group):
        return False
    before = [other for other in builds_upon(group) if other.pk not in on_the_way]
    for other in before:
        _order(pair, other, on_the_way | {group.pk})
    opened = Effect.objects.get(posting=group)
    draft = BatchPostDraft(
        company=pair.company,
        purpose=BatchPurpose(group.draft["purpose"]),
        count=held["count"],
        amount=Money(held["amount"], pair.currency).rounded(),
    )
    effect = NewEffect(
        key=keys.order_key(group.key),
        kind=EffectKind.ERP_BATCH_POST,
        draft=draft,
        amount=held["amount"],
        version_id=opened.version_id,
        business_on=opened.business_on,
        group=group,
        after=keys.order_key(before[-1].key) if before else "",
        batch=opened.batch,
        line=opened.line,
        transaction=opened.transaction,
        fact=opened.fact,
    )
    make(pair, [effect])
    return True


def builds_upon(group: Posting) -> list[Posting]:
    """ERP batches that are to be posted first, the oldest first.

    A receipt is posted before what takes it back, and a reversal before what is applied to the
    invoice that it frees: the ERP refuses a batch that comes too early.
    """
    members = Posting.objects.filter(group=group).exclude(state=PostingState.CANCELLED)
    taken_back = Posting.objects.filter(
        effect__corrections__kind__in=(EffectKind.REVERSAL, EffectKind.MOVED),
        effect__corrections__posting__in=members,
    )
    after = members.filter(after__endswith=keys.REVERSAL).values("after")
    freeing = Posting.objects.filter(kind=DocumentKind.REVERSAL, key__in=after)
    groups = {
        pk
        for rows in (taken_back, freeing)
        for pk in rows.exclude(state__in=DONE).exclude(group=group).values_list("group", flat=True)
        if pk is not None
    }
    return list(Posting.objects.filter(pk__in=groups).order_by("pk"))

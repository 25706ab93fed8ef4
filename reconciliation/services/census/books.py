"""What our own books say of keys: asked for a page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from integrations.canonical import DocumentKind
from integrations.choices import FINAL_STATES, STANDING_STATES, PostingState
from integrations.models import Pair
from integrations.standing import StandingDocument, owed_fields
from reconciliation.census import Owed
from reconciliation.keys import account_of
from reconciliation.models import Effect


def owed_by_key(pair: Pair, keys: Sequence[str]) -> dict[str, Owed]:
    """The effects of the pair under these keys; those that there are none of are left out."""
    effects = Effect.objects.filter(pair=pair, key__in=[key for key in keys if key])
    # A reversal of ours voids the receipt that it takes back, from its first attempt on.
    reversals = Effect.objects.filter(
        corrects=OuterRef("pk"),
        posting__kind=DocumentKind.REVERSAL,
        posting__attempt_count__gt=0,
    )
    asked = effects.select_related("posting").annotate(is_reversed=Exists(reversals))
    return {effect.key: _owed(effect, effect.is_reversed) for effect in asked}


def _owed(effect: Effect, is_reversed: bool) -> Owed:
    posting = effect.posting
    return Owed(
        key=effect.key,
        posting_id=posting.pk,
        kind=posting.kind,
        stands=posting.state in STANDING_STATES,
        is_cancelled=posting.state == PostingState.CANCELLED,
        is_posted=posting.state in FINAL_STATES,
        fields=owed_fields(posting.draft),
        amount=posting.amount,
        currency=posting.currency,
        document_no=posting.document_no,
        is_reversed=is_reversed,
        is_left_empty=(
            posting.kind == DocumentKind.BATCH
            and posting.state == PostingState.CANCELLED
            and posting.entered_at is not None
        ),
    )


def is_of_pair(pair: Pair, key: str) -> bool:
    """Whether a key that no effect of this pair has belongs to this pair's count.

    That is the pair whose accounts the key names; where no pair of the company has them, the
    oldest one counts it, so that nothing is counted twice and nothing not at all.
    """
    if Effect.objects.filter(key=key).exists():
        return False
    pairs = _pairs_of(pair)
    named = [one for one in pairs if any(key.startswith(start) for start in _starts(one))]
    return (named or pairs)[0].pk == pair.pk


def is_in_batch_of(pair: Pair, stray: StandingDocument) -> bool:
    """Whether a document without a key stands in an ERP batch that this pair opened.

    One that repeats a document of another pair is that pair's; a batch that no effect of ours
    opened is the oldest pair's.
    """
    if stray.resembles and Effect.objects.filter(key=stray.resembles).exists():
        return False
    opened = Effect.objects.filter(
        posting__target=pair.erp,
        posting__company=pair.company,
        posting__kind="batch",
        posting__document_key=stray.document.batch_ref,
    ).first()
    return (opened.pair_id if opened else _pairs_of(pair)[0].pk) == pair.pk


def _pairs_of(pair: Pair) -> list[Pair]:
    """All pairs that post into the same company, the oldest first."""
    same = Pair.objects.filter(erp=pair.erp, company=pair.company)
    return list(same.select_related("gateway", "bank", "orders").order_by("pk"))


def _starts(pair: Pair) -> list[str]:
    sides = (pair.gateway, pair.bank, pair.orders)
    return [f"{pair.company}|{account_of(side)}|" for side in sides if side is not None]

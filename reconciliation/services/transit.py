"""From the day to the batch: what was captured is named by its day until it has settled.

A receipt that is entered at the capture cannot name its settlement batch yet. Its clearing line
carries the reference of its day. Once the batch is complete, one journal moves what belongs to it
within the clearing account, from the days' references to the batch's own: from then on the batch
is proved as any other, and what a day's reference has left is still unsettled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from integrations.canonical import (
    BatchPurpose,
    CashReceiptDraft,
    JournalDraft,
    JournalLineDraft,
    draft_from_json,
)
from integrations.choices import PostingState
from integrations.models import Pair
from integrations.money import Money, total
from mapping.rulebook import RuleBook
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, SettlementBatch
from reconciliation.services import effects
from reconciliation.services.deposits import side

#: Amounts by (account, reference).
Lines = Mapping[tuple[str, str], Money]


def captured(batch: SettlementBatch | OuterRef) -> QuerySet[Effect]:
    """Receipts that were entered when the batch was not known yet, and what took them back."""
    return Effect.objects.filter(
        transaction__batch=batch,
        batch__isnull=True,
        kind__in=(EffectKind.RECEIPT, EffectKind.REVERSAL),
    )


def owe_settlement(pair: Pair, batch: SettlementBatch, rules: RuleBook) -> None:
    """Owe the journal for what has not been moved to the batch yet; call inside a transaction.

    A batch whose members change is added up anew: the next leg moves the difference.
    Raises UnmappedError when no account is mapped for clearing.
    """
    before = list(
        Effect.objects.filter(batch=batch, kind=EffectKind.SETTLEMENT)
        .select_related("posting")
        .order_by("id")
    )
    to_move = _to_move(_received(pair, batch), _moved(batch, pair, before))
    if not to_move:
        return
    draft = settlement_draft(
        pair.company,
        batch,
        keys.settlement_ref(pair, batch.vendor_ref),
        effects.clearing_account(batch, rules),
        to_move,
    )
    day, version = batch.closed_on, rules.version_id
    group = effects.erp_batch(pair, batch, "settlement", BatchPurpose.JOURNALS, day, version)
    leg = len(before) + 1
    effects.make(
        pair,
        [
            effects.NewEffect(
                key=keys.batch_key(pair, batch.vendor_ref, EffectKind.SETTLEMENT.value, leg),
                kind=EffectKind.SETTLEMENT,
                draft=draft,
                amount=sum((line.debit.amount for line in draft.lines), Decimal(0)),
                version_id=version,
                business_on=day,
                rules=("captured receipts move to their batch",),
                group=group,
                batch=batch,
                fact=batch.last_fact,
            )
        ],
    )


def settlement_draft(
    company: str, batch: SettlementBatch, reference: str, clearing: str, to_move: Lines
) -> JournalDraft:
    """The days' references are credited, the batch's is debited with the sum."""
    comment = f"Settled in batch {batch.vendor_ref}"[:50]
    whole = total(to_move.values(), batch.currency)
    lines: list[JournalLineDraft] = []
    if whole:
        lines.append(side(clearing, whole, reference, comment))
    lines += [
        side(account, -amount, of_day, comment)
        for (account, of_day), amount in sorted(to_move.items())
    ]
    return JournalDraft(company, batch.closed_on, comment, tuple(lines))


def _received(pair: Pair, batch: SettlementBatch) -> dict[tuple[str, str], Money]:
    """Receipts of the batch's members that carry their day's reference and still count."""
    live = Effect.objects.exclude(posting__state=PostingState.CANCELLED)
    receipts = (
        captured(batch)
        .filter(pair=pair, kind=EffectKind.RECEIPT)
        .exclude(posting__state=PostingState.CANCELLED)
        .exclude(Exists(live.filter(kind=EffectKind.REVERSAL, corrects=OuterRef("pk"))))
        .select_related("posting", "posting__group")
    )
    found: dict[tuple[str, str], Money] = defaultdict(lambda: Money.zero(batch.currency))
    for effect in receipts:
        draft = draft_from_json(effect.posting.draft)
        if isinstance(draft, CashReceiptDraft) and effect.posting.group is not None:
            account = str(effect.posting.group.draft["deposit_account"])
            found[account, draft.settlement_ref] += draft.amount
    return found


def _moved(
    batch: SettlementBatch, pair: Pair, before: list[Effect]
) -> dict[tuple[str, str], Money]:
    """What earlier legs have taken from the days' references."""
    own = keys.settlement_ref(pair, batch.vendor_ref)
    found: dict[tuple[str, str], Money] = defaultdict(lambda: Money.zero(batch.currency))
    for effect in before:
        draft: Any = draft_from_json(effect.posting.draft)
        if effect.posting.state == PostingState.CANCELLED:
            continue
        for line in draft.lines:
            if line.reference != own:
                found[line.account, line.reference] += line.credit - line.debit
    return found


def _to_move(received: Lines, moved: Lines) -> dict[tuple[str, str], Money]:
    wanted = dict(received)
    for place, amount in moved.items():
        wanted[place] = wanted[place] - amount if place in wanted else -amount
    return {place: amount for place, amount in wanted.items() if amount}

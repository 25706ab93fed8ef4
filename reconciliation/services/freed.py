"""Invoices that a reversal frees before the ERP's ledger says so.

A void and the payer's next payment are often read together: the invoice is free as soon as the
first receipt is surely taken back, and what is applied to it then goes after the reversal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from integrations.choices import FINAL_STATES, PostingState
from integrations.models import Pair, Posting
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, Reservation

NOT_POSTED: Final = tuple(
    state for state in PostingState if state not in (*FINAL_STATES, PostingState.CANCELLED)
)


@dataclass(frozen=True, slots=True)
class Returning:
    """What a reversal that is not posted yet gives back to an invoice; `amount` is positive."""

    item_key: str
    amount: Decimal
    reversal: Posting


def returning(pair: Pair, item_keys: Iterable[str]) -> list[Returning]:
    """What some invoices get back, by reversals in the order in which they were owed."""
    released = list(
        Reservation.objects.filter(
            company=pair.company,
            item_key__in=sorted(item_keys),
            is_released=True,
            effect__pair__erp=pair.erp,
        )
        .exclude(effect__posting__state=PostingState.CANCELLED)
        .select_related("effect")
    )
    if not released:
        return []
    receipts = {row.effect_id: _receipt(row.effect) for row in released}
    reversals = {
        effect.corrects_id: effect.posting
        for effect in Effect.objects.filter(
            posting__state__in=NOT_POSTED,
            corrects__in=set(receipts.values()),
            kind=EffectKind.REVERSAL,
        ).select_related("posting", "posting__group")
    }
    found = [
        Returning(row.item_key, row.amount, reversals[receipts[row.effect_id]])
        for row in released
        if receipts[row.effect_id] in reversals
    ]
    return sorted(found, key=lambda each: (each.reversal.pk, each.item_key))


def _receipt(effect: Effect) -> int:
    """The receipt that was applied: what is applied later is an effect that corrects it."""
    is_later = effect.kind == EffectKind.APPLICATION and effect.corrects_id is not None
    return effect.corrects_id if is_later and effect.corrects_id else effect.pk


def newest(freed: Sequence[Returning], item_keys: Iterable[str]) -> Posting | None:
    """The last of the reversals that free any of these invoices."""
    wanted = set(item_keys)
    return next((each.reversal for each in reversed(freed) if each.item_key in wanted), None)

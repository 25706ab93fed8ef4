"""What takes a receipt back: one draft, whoever asks, whichever ERP batch it is in."""

from __future__ import annotations

from datetime import date

from integrations.canonical import CashReceiptDraft, ReceiptReversalDraft, draft_from_json
from integrations.models import Fact, Pair, Posting
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, Transaction
from reconciliation.services import effects


def receipt_of(effect: Effect) -> CashReceiptDraft | None:
    """The draft of an effect that is a receipt; None of any other document."""
    draft = draft_from_json(effect.posting.draft)
    return draft if isinstance(draft, CashReceiptDraft) else None


def reversal(
    pair: Pair,
    effect: Effect,
    *,
    dated_on: date,
    comment: str,
    because: str,
    group: Posting,
    transaction: Transaction | None,
    fact: Fact | None,
    kind: EffectKind = EffectKind.REVERSAL,
    settlement_ref: str = "",
) -> effects.NewEffect:
    """The reversal of a receipt, whole, under the receipt's own references or another settlement's.

    Raises ValueError for what is no receipt.
    """
    receipt = receipt_of(effect)
    if receipt is None:
        raise ValueError(f"{effect.key} is no receipt.")
    return effects.NewEffect(
        key=keys.reversal_key(effect.key),
        kind=kind,
        draft=ReceiptReversalDraft(
            company=pair.company,
            receipt_key=effect.posting.document_key,
            receipt_no=effect.posting.document_no,
            dated_on=dated_on,
            amount=receipt.amount,
            payment_ref=receipt.payment_ref,
            settlement_ref=settlement_ref or receipt.settlement_ref,
            comment=comment[:50],
        ),
        amount=receipt.amount.amount,
        version_id=effect.version_id,
        business_on=dated_on,
        rules=(*effect.rules, because),
        group=group,
        transaction=transaction,
        fact=fact,
        corrects=effect,
    )

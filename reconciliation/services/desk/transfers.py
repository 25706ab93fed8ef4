"""Transfers: money of an unknown customer goes from the unidentified receipts to an account.

A transfer is a receipt of the customer whose ERP batch debits the unidentified-receipts account
instead of clearing: Dr unidentified, Cr receivables. No clearing line is made, and the references
differ from the first receipt's by a suffix, so that sums by batch and counts by payment stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import Exists, OuterRef

from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPurpose,
    CashReceiptDraft,
    draft_from_json,
)
from integrations.choices import STANDING_STATES, PostingState
from integrations.clock import business_day, business_now, wall_now
from integrations.models import Pair
from integrations.services import lanes
from mapping.services.rulesets import version_in_force
from reconciliation import keys
from reconciliation.choices import EffectKind, Placement
from reconciliation.models import Effect, Transaction
from reconciliation.services import effects
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.orders import order_posting

#: A transaction's money leaves the unidentified receipts once, whichever exception asks for it.
TRANSFER: Final = "transfer-unidentified"
SETTLEMENT_SUFFIX: Final = "-T"
PAYMENT_SUFFIX: Final = "-T1"
#: What both Sage columns hold.
REFERENCE_WIDTH: Final = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """The receipt that holds a payment's money now, as an effect and as its draft."""

    effect: Effect
    draft: CashReceiptDraft


def standing_receipt(row: Transaction) -> Standing:
    """The newest receipt of a payment: its own, or the transfer that took its place.

    Raises DeskError while the ERP does not have it.
    """
    effect = (
        Effect.objects.filter(transaction=row, kind__in=(EffectKind.RECEIPT, EffectKind.TRANSFER))
        .exclude(posting__state=PostingState.CANCELLED)
        .exclude(is_taken_back())
        .select_related("posting", "version")
        .order_by("-id")
        .first()
    )
    draft = draft_from_json(effect.posting.draft) if effect else None
    if effect is None or not isinstance(draft, CashReceiptDraft):
        raise DeskError("No receipt has been made for this payment; there is nothing to move.")
    if effect.posting.state not in STANDING_STATES:
        words = effect.posting.get_state_display().lower()
        raise DeskError(f"The receipt of this payment is not in the ERP yet ({words}).")
    return Standing(effect, draft)


def is_taken_back(effect: str = "pk") -> Exists:
    """Whether an effect has a reversal that counts, or was moved; `effect` names its column."""
    kinds = (EffectKind.REVERSAL, EffectKind.MOVED)
    reversals = Effect.objects.filter(corrects=OuterRef(effect), kind__in=kinds)
    return Exists(reversals.exclude(posting__state=PostingState.CANCELLED))


def leg_of(pair: Pair, row: Transaction) -> int:
    """Money moves again after a transfer was cancelled, reversed or moved, under the next key."""
    start = keys.transaction_key(pair, row.vendor_id, TRANSFER, 0)[:-1]
    return 1 + Effect.objects.filter(transaction=row, key__startswith=start).count()


def first_receipt(row: Transaction) -> CashReceiptDraft:
    """The draft of the payment's own receipt: its references, without a transfer's suffix."""
    own = Effect.objects.filter(transaction=row, kind=EffectKind.RECEIPT).select_related("posting")
    newest = own.exclude(posting__state=PostingState.CANCELLED).order_by("-id").first()
    draft = draft_from_json(newest.posting.draft) if newest else None
    if not isinstance(draft, CashReceiptDraft):
        raise DeskError("No receipt has been made for this payment; there is nothing to move.")
    return draft


def transfer_draft(
    first: CashReceiptDraft, customer_id: str, applications: Sequence[ApplicationDraft]
) -> CashReceiptDraft:
    """The receipt that moves the first one's money onto a customer's account, dated today."""
    return replace(
        first,
        customer_id=customer_id,
        offset_account="",
        payment_ref=suffixed(first.payment_ref, PAYMENT_SUFFIX),
        settlement_ref=suffixed(first.settlement_ref, SETTLEMENT_SUFFIX),
        comment=f"Transfer of payment {first.payment_ref}"[:50],
        applications=tuple(applications),
    )


def suffixed(text: str, suffix: str) -> str:
    return text[: REFERENCE_WIDTH - len(suffix)] + suffix


def owe_transfer(
    pair: Pair,
    row: Transaction,
    customer_id: str,
    applications: Sequence[ApplicationDraft],
    rules: Sequence[str],
) -> Effect:
    """Owe the transfer and the posting of its ERP batch; in a transaction, under company_lock."""
    standing = standing_receipt(row)
    if not standing.draft.offset_account:
        raise DeskError(f"The money is on account of {standing.draft.customer_id} already.")
    today = business_day(business_now(), pair.time_zone)
    version = version_in_force(pair, today) or standing.effect.version
    draft = replace(transfer_draft(standing.draft, customer_id, applications), received_on=today)
    key = keys.transaction_key(pair, row.vendor_id, TRANSFER, leg_of(pair, row))
    group = effects.open_group(
        pair,
        lambda leg: keys.transaction_key(pair, row.vendor_id, f"erp-batch-{TRANSFER}", leg),
        BatchDraft(
            company=pair.company,
            purpose=BatchPurpose.RECEIPTS,
            posting_on=today,
            comment=f"{draft.settlement_ref} {draft.payment_ref}"[:50],
            deposit_account=standing.draft.offset_account,
        ),
        version.pk,
        transaction=row,
    )
    made = effects.make(
        pair,
        [
            effects.NewEffect(
                key=key,
                kind=EffectKind.TRANSFER,
                draft=draft,
                amount=draft.amount.amount,
                version_id=version.pk,
                business_on=today,
                rules=rules,
                group=group,
                transaction=row,
                fact=row.last_fact,
                applications=draft.applications,
                corrects=standing.effect,
            )
        ],
    )
    order_posting(pair, group)
    row.customer_id = customer_id
    row.placement = Placement.APPLIED if draft.applications else Placement.ON_ACCOUNT
    row.updated_at = wall_now()
    row.save(update_fields=["customer_id", "placement", "updated_at"])
    lanes.wake("deliver")
    return made[key]

"""Documents that an undo takes back: cancelled while unsent, reversed where that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db.models import Q

from integrations.canonical import BatchDraft, BatchPurpose, CashReceiptDraft
from integrations.choices import STANDING_STATES, PostingState
from integrations.clock import business_day, business_now
from integrations.models import Pair, Posting
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel, hold_again, unsent
from reconciliation import keys
from reconciliation.choices import ADDED_UP, BatchState, EffectKind, Placement
from reconciliation.models import Effect, ExceptionItem
from reconciliation.services import effects
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.giving_back import FROM, moved_for
from reconciliation.services.desk.moving import applied_by, put_back
from reconciliation.services.desk.steps import pair_of
from reconciliation.services.desk.transfers import is_taken_back
from reconciliation.services.orders import order_posting
from reconciliation.services.replay import order_the_rest
from reconciliation.services.taking_back import receipt_of, reversal
from reconciliation.words import effect_kind

RECEIPTS: Final = (
    EffectKind.RECEIPT,
    EffectKind.TRANSFER,
    EffectKind.WRITE_OFF,
    EffectKind.GIVEN_BACK,
)
#: How the last rule of a document begins that takes back what an undo found standing.
UNDONE: Final = "undone: "
BATCHES: Final = (EffectKind.ERP_BATCH, EffectKind.ERP_BATCH_POST)


def made_since(item: ExceptionItem, before: Mapping[str, Any]) -> list[Effect]:
    """The documents that came of the action and still count, the newest first."""
    about = Q(pk__in=())
    if item.transaction_id:
        about |= Q(transaction=item.transaction_id)
    if item.line_id:
        about |= Q(line=item.line_id)
    elif item.batch_id and not item.transaction_id:
        about |= Q(batch=item.batch_id)
    found = (
        Effect.objects.filter(about, pk__gt=before["last_effect"])
        .exclude(kind__in=BATCHES)
        .exclude(posting__state=PostingState.CANCELLED)
        .exclude(is_taken_back())
    )
    related = ("posting__group", "transaction__batch", "corrects__posting")
    rows = found.select_related(*related).order_by("-pk")
    own = [each for each in rows if not _takes_back(each, before["last_effect"])]
    return own + _of_the_sale(item, before, list(related))


def _takes_back(effect: Effect, since: int) -> bool:
    """Whether it only takes back what was made since too: a later action that has been undone."""
    if effect.corrects_id is None or effect.corrects_id <= since:
        return False
    is_undo = bool(effect.rules) and effect.rules[-1].startswith(UNDONE)
    return effect.kind == EffectKind.MOVED or (effect.kind == EffectKind.REVERSAL and is_undo)


def _of_the_sale(
    item: ExceptionItem, before: Mapping[str, Any], related: list[str]
) -> list[Effect]:
    """What a refund took from another payment's money. Raises DeskError where that moved on."""
    sale, refund = item.details.get(FROM), item.transaction
    if sale is None or refund is None:
        return []
    since = (
        Effect.objects.filter(transaction=sale, pk__gt=before["last_effect"])
        .exclude(kind__in=BATCHES)
        .exclude(posting__state=PostingState.CANCELLED)
        .select_related(*related)
        .order_by("-pk")
    )
    ours = moved_for(refund)
    made = [effect for effect in since if any(rule.startswith(ours) for rule in effect.rules)]
    if len(made) != len(since):
        raise DeskError("The payment that it was taken from has moved on since; undo that first.")
    return made


def unmake(pair: Pair, item: ExceptionItem, made: list[Effect], actor: str) -> list[str]:
    """Cancel what was not sent, reverse what stands; all of them or none."""
    free = unsent(effect.posting for effect in made)
    said = []
    for effect in made:
        name = effect_kind(effect.kind)
        if effect.posting_id in free:
            _cancel(pair, effect, actor)
            if effect.kind == EffectKind.MOVED and effect.corrects is not None:
                _stands_again(effect.corrects)
            said.append(f"{name} of {effect.posting.amount:,.2f} cancelled before it was sent.")
        elif effect.kind == EffectKind.MOVED and effect.posting.state in STANDING_STATES:
            said.append(put_back(pair, effect, actor))
        elif effect.posting.state in STANDING_STATES:
            _reverse(pair, effect, actor)
            said.append(f"{name} {effect.posting.document_no} is reversed in the ERP.")
        else:
            state = effect.posting.get_state_display().lower()
            raise DeskError(f"The {name.lower()} is on its way ({state}); undo it when it is not.")
        effect.reservations.update(is_released=True)
    return said


def _stands_again(receipt: Effect) -> None:
    """What was to be moved and was not holds its invoices again, and its place."""
    held = applied_by(receipt).exclude(effect__posting__state=PostingState.CANCELLED)
    is_applied = held.update(is_released=False) > 0
    row, draft = receipt.transaction, receipt_of(receipt)
    if row is not None and draft is not None and draft.customer_id:
        row.customer_id = draft.customer_id
        row.placement = Placement.APPLIED if is_applied else Placement.ON_ACCOUNT
        row.save(update_fields=["customer_id", "placement"])


def _cancel(pair: Pair, effect: Effect, actor: str) -> None:
    try:
        cancel(effect.posting, actor, "Undone before it was sent.")
        if effect.posting.group is not None:
            order_the_rest(pair, effect.posting.group, actor)
    except ContentConflictError as error:
        raise DeskError("It has just been sent; undo it once it has arrived.") from error


def _reverse(pair: Pair, effect: Effect, actor: str) -> None:
    """Owe the reversal: beside a receipt whose ERP batch is still open, else in a batch of its own.

    The ERP takes no reversal in its ledger before the receipt: an open batch is posted with both.
    """
    receipt = _require_reversible(effect)
    today = business_day(business_now(), pair.time_zone)
    group = _group(pair, effect, today)
    wanted = reversal(
        pair,
        effect,
        dated_on=today,
        comment=f"Undone: {receipt.payment_ref}",
        because=f"{UNDONE}{actor}",
        group=group,
        transaction=effect.transaction,
        fact=effect.fact,
    )
    if effects.make(pair, [wanted]) and group != effect.posting.group:
        order_posting(pair, group)


def _require_reversible(effect: Effect) -> CashReceiptDraft:
    """The receipt's draft. Raises DeskError where no reversal of it is possible."""
    name, number = effect_kind(effect.kind), effect.posting.document_no
    draft = receipt_of(effect)
    if effect.kind not in RECEIPTS or draft is None:
        raise DeskError(
            f"{name} {number} stands in the ERP, and only receipts can be reversed from here; "
            "correct it in the ERP."
        )
    batch = effect.transaction.batch if effect.transaction else None
    if effect.kind == EffectKind.RECEIPT and batch is not None and batch.state in ADDED_UP:
        state = BatchState(batch.state).label.lower()
        raise DeskError(
            f"{name} {number} belongs to settlement batch {batch.vendor_ref}, which has been added "
            f"up with it ({state}); move the money with another action instead."
        )
    return draft


def _group(pair: Pair, effect: Effect, today: date) -> Posting:
    row, first = effect.transaction, effect.posting.group
    if row is None or first is None:
        raise DeskError(f"{effect.posting.document_no} stands in no ERP batch of a payment.")
    if effect.posting.state == PostingState.ENTERED:
        if effects.is_sealed(first):
            raise DeskError("Its ERP batch is about to be posted; undo it once it is.")
        return first
    return effects.open_group(
        pair,
        lambda leg: keys.transaction_key(pair, row.vendor_id, "erp-batch-undo", leg),
        BatchDraft(
            company=pair.company,
            purpose=BatchPurpose.RECEIPTS,
            posting_on=today,
            comment=f"Undone: {effect.posting.document_no}"[:50],
            deposit_account=first.draft["deposit_account"],
        ),
        effect.version_id,
        transaction=row,
        by_account=True,
    )


def posting_back(
    item: ExceptionItem, before: Mapping[str, Any], actor: str, said: list[str]
) -> bool:
    """Hold again what was let go and not sent; answers whether it stands in the ERP and goes."""
    if item.posting_id is None or before["posting"] is None:
        return False
    posting = Posting.objects.select_related("group", "effect").get(pk=item.posting_id)
    was = before["posting"]
    if posting.state == was["state"]:
        return False
    if posting.state in STANDING_STATES:
        effect = Effect.objects.select_related("posting__group", "transaction__batch").get(
            posting=posting
        )
        _reverse(pair_of(item), effect, actor)
        effect.reservations.update(is_released=True)
        said.append(f"{effect_kind(effect.kind)} {posting.document_no} is reversed in the ERP.")
        return True
    if posting.state == PostingState.CANCELLED:
        raise DeskError("Its document was cancelled and the payment decided anew.")
    try:
        hold_again(posting, was, actor)
    except ContentConflictError as error:
        raise DeskError(f"{error}") from error
    said.append("Its document is held again.")
    return False

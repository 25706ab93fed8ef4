"""Undo of a deposit that a person linked to a batch: both are as they were, or stand as before it.

What was not sent is cancelled. A journal that stands in the ERP is reversed by the same journal the
other way round, dated today: the money is with the unidentified receipts again, and the batch's
clearing lines come to what they were. A certificate that was issued stays; the next supersedes it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from audit import services as audit
from integrations.canonical import (
    BatchDraft,
    BatchPurpose,
    JournalDraft,
    JournalLineDraft,
    draft_from_json,
)
from integrations.choices import STANDING_STATES, PostingState
from integrations.clock import wall_now
from integrations.locks import try_transaction_lock
from integrations.models import Posting
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel, cancel_empty, unsent
from reconciliation import keys
from reconciliation.choices import (
    OPEN_STATES,
    BankLineState,
    BatchState,
    EffectKind,
    Reason,
)
from reconciliation.lifecycle import moved
from reconciliation.models import BankLine, Effect, ExceptionItem, Match, SettlementBatch
from reconciliation.services import effects
from reconciliation.services.desk import snapshots
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk_open import close_by_machine
from reconciliation.services.orders import order_posting
from reconciliation.services.pairs import today
from reconciliation.services.replay import order_the_rest
from reconciliation.words import effect_kind

#: In the details of the exception: the batch that was linked, and how batch and line stood.
LINKED: Final = "linked"
#: The exceptions of the batch that the link closed, as they were.
BESIDE: Final = "beside_before"
#: What a match finds out about its batch, and what comes of that.
OF_A_MATCH: Final = (Reason.FEE_DIFFERS, Reason.DEPOSIT_DIFFERS, Reason.LEDGER_DIFFERS)


def stood(batch: SettlementBatch, line: BankLine) -> dict[str, Any]:
    """How both stand before a link, for the exception's details."""
    missing = ExceptionItem.objects.filter(
        batch=batch, reason=Reason.DEPOSIT_MISSING, state__in=OPEN_STATES
    )
    return {
        LINKED: {
            "batch": batch.pk,
            "state": batch.state,
            "reasons": batch.reasons,
            "residual": str(batch.residual),
            "rule": line.rule,
        },
        BESIDE: {str(each.pk): snapshots.values_of(each) for each in missing},
    }


def unlink_batch(item: ExceptionItem, last_item: int, actor: str) -> str:
    """Take the link back; answers in words. Raises DeskError, and then nothing has changed.

    `last_item`: the newest exception before the link.
    """
    before = item.details.get(LINKED)
    if before is None or item.line_id is None:
        raise DeskError(
            "It is not known how the batch stood before; correct its journal in the ERP."
        )
    line = BankLine.objects.select_for_update(of=("self",)).get(pk=item.line_id)
    if not try_transaction_lock(f"match:bank:{line.connection_id}"):
        raise DeskError("Deposits are being matched just now; try again in a moment.")
    batch = SettlementBatch.objects.select_for_update().get(pk=before["batch"])
    match = Match.objects.filter(batch=batch, line=line).first()
    if match is None:
        raise DeskError(f"Batch {batch.vendor_ref} is not paid by this deposit any more.")
    said, is_unsent = _documents_back(batch, line, actor)
    match.delete()
    line.state, line.rule = BankLineState.UNMATCHED, before["rule"]
    line.save(update_fields=["state", "rule"])
    _batch_back(batch, before, as_it_was=is_unsent)
    close_by_machine(
        ExceptionItem.objects.filter(batch=batch, reason__in=OF_A_MATCH, pk__gt=last_item),
        "The deposit is not linked to the batch any more.",
    )
    audit.record(
        "batch.unmatched",
        ("batch", str(batch.pk)),
        actor=actor,
        summary=f"Batch {batch.vendor_ref} is not paid by the line of {line.booked_on} any more.",
        details={"line": line.pk, "amount": str(match.amount), "matched_by": match.made_by},
        business_on=line.booked_on,
    )
    return " ".join([*said, f"Batch {batch.vendor_ref} waits for its money again."])


def _batch_back(batch: SettlementBatch, before: dict[str, Any], *, as_it_was: bool) -> None:
    """Exactly as it stood, or closed: then it is added up once more and waits for the bank."""
    batch.bank_amount = None
    if as_it_was and batch.state == BatchState.MATCHED:
        batch.state, batch.reasons = before["state"], before["reasons"]
        batch.residual = Decimal(before["residual"])
    elif batch.state != BatchState.CLOSED:
        batch.state = moved(batch.state, BatchState.CLOSED)
        batch.reasons, batch.residual = [], Decimal(0)
    batch.updated_at = wall_now()
    batch.save(update_fields=["bank_amount", "state", "reasons", "residual", "updated_at"])


# --- documents --------------------------------------------------------------------------------


def _documents_back(batch: SettlementBatch, line: BankLine, actor: str) -> tuple[list[str], bool]:
    """Cancel what was not sent, reverse what stands; answers in words, and whether all was unsent.

    These are the deposit's journal and, where its money stood in the books of another company,
    the journal that took it back there.
    """
    made = _made(batch, line)
    free = unsent(effect.posting for effect in made)
    said, is_unsent = [], True
    for effect in made:
        name = effect_kind(effect.kind)
        if effect.posting_id in free:
            _cancel(effect, actor)
            said.append(f"{name} of {effect.posting.amount:,.2f} cancelled before it was sent.")
        elif effect.posting.state in STANDING_STATES:
            _reverse(effect, actor)
            said.append(f"{name} {effect.posting.document_no} is reversed in the ERP.")
            is_unsent = False
        else:
            state = effect.posting.get_state_display().lower()
            raise DeskError(f"The {name.lower()} is on its way ({state}); undo it when it is not.")
    return said, is_unsent


def _made(batch: SettlementBatch, line: BankLine) -> list[Effect]:
    """The documents of the match that count, the newest first."""
    reversals = EffectKind.REVERSAL
    found = (
        Effect.objects.filter(line=line)
        .exclude(posting__state=PostingState.CANCELLED)
        .select_related(
            "posting__group", "pair__erp", "pair__gateway", "pair__bank", "batch", "fact"
        )
        .order_by("-pk")
    )
    taken_back = {each.corrects_id for each in found if each.kind == reversals}
    return [
        each
        for each in found
        if each.pk not in taken_back
        and (
            (each.kind == EffectKind.DEPOSIT and each.batch_id == batch.pk)
            or (each.kind == EffectKind.STRAY_DEPOSIT and each.corrects_id is not None)
        )
    ]


def _cancel(effect: Effect, actor: str) -> None:
    group = effect.posting.group
    try:
        cancel(effect.posting, actor, "Undone before it was sent.")
        if group is None:
            return
        order_the_rest(effect.pair, group, actor)
        left = Posting.objects.filter(group=group).exclude(state=PostingState.CANCELLED)
        if not left.exists():
            cancel_empty(group, actor, "What was in it was undone.")
    except ContentConflictError as error:
        raise DeskError("It has just been sent; undo it once it has arrived.") from error


def _reverse(effect: Effect, actor: str) -> None:
    """Owe the same journal the other way round, and the posting of its ERP batch."""
    pair, first = effect.pair, draft_from_json(effect.posting.draft)
    if not isinstance(first, JournalDraft):
        raise DeskError(f"{effect.posting.document_no} is no journal; correct it in the ERP.")
    day = today(pair)
    comment = f"Undone: {first.comment}"[:50]
    lines = tuple(
        JournalLineDraft(each.account, each.credit, each.debit, each.reference, comment)
        for each in first.lines
    )
    group = effects.open_group(
        pair,
        lambda leg: keys.bank_line_key(pair, _line_of(effect).fingerprint, "erp-batch-undo", leg),
        BatchDraft(pair.company, BatchPurpose.JOURNALS, day, comment),
        effect.version_id,
        batch=effect.batch,
        line=effect.line,
    )
    wanted = effects.NewEffect(
        key=keys.reversal_key(effect.key),
        kind=EffectKind.REVERSAL,
        draft=replace(first, dated_on=day, comment=comment, lines=lines),
        amount=effect.posting.amount,
        version_id=effect.version_id,
        business_on=day,
        rules=(*effect.rules, f"undone: {actor}"),
        group=group,
        after=effect.key,
        batch=effect.batch,
        line=effect.line,
        fact=effect.fact,
        corrects=effect,
    )
    effects.make(pair, [wanted])
    order_posting(pair, group)


def _line_of(effect: Effect) -> BankLine:
    if effect.line is None:
        raise ValueError(f"{effect.key} is about no bank line.")
    return effect.line

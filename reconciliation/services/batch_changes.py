"""What changes a batch that has been added up: it is closed again, and a person is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit import services as audit
from integrations.bulk import update_rows
from integrations.clock import business_now, wall_now
from integrations.models import Fact
from reconciliation.choices import ADDED_UP, BatchState, Reason
from reconciliation.lifecycle import moved
from reconciliation.models import BatchHistory, SettlementBatch
from reconciliation.services.desk_open import Wanted, open_or_tell_anew
from reconciliation.services.residuals import at_stake

#: Somebody relies on what was found: the bank has paid, or a person looks for the money.
RELIED_UPON: Final = (BatchState.MATCHED, BatchState.TIED_OUT, BatchState.DISCREPANT)


@dataclass(slots=True)
class Change:
    """What a fact says anew about a batch: the gateway's figures, or one of its members.

    `before` and `after` are texts by their name; `from_state` is the state that it found.
    """

    batch: SettlementBatch
    fact: Fact
    before: dict[str, str]
    after: dict[str, str]
    from_state: str


def as_seen(batch: SettlementBatch) -> SettlementBatch | None:
    """The batch, locked, if it is as it was read; a fact may have changed it any time since."""
    found = SettlementBatch.objects.select_for_update().filter(
        pk=batch.pk, state=batch.state, updated_at=batch.updated_at
    )
    return found.first()


def reopen(batch: SettlementBatch) -> str:
    """Close a batch again that has been added up; answers the state in which it was."""
    before = batch.state
    if before in ADDED_UP:
        batch.state = moved(before, BatchState.CLOSED)
        batch.reasons = [
            {
                "reason": Reason.FIGURES_CHANGED.value,
                "message": "Its figures have changed; it is added up anew.",
            }
        ]
        batch.accepted = ""
    return before


def note(changes: Sequence[Change]) -> None:
    """Keep the history of changes and show a person those of batches that somebody relied upon.

    Call inside the transaction that saves the batches.
    """
    if not changes:
        return
    now, business = wall_now(), business_now()
    BatchHistory.objects.bulk_create(
        [
            BatchHistory(
                batch=change.batch,
                fact=change.fact,
                from_state=change.from_state,
                to_state=change.batch.state,
                before=change.before,
                after=change.after,
                business_at=business,
                recorded_at=now,
            )
            for change in changes
        ]
    )
    reopened = [change for change in changes if change.from_state in RELIED_UPON]
    open_or_tell_anew([_wanted(change) for change in reopened])
    audit.record_many(
        [
            audit.EntryDraft(
                "batch.reopened",
                ("batch", str(change.batch.pk)),
                actor="worker",
                summary=_sentence(change),
                details={"before": change.before, "after": change.after},
                business_on=change.batch.closed_on,
            )
            for change in reopened
        ]
    )


def reopen_for_members(found: dict[int, list[tuple[Fact, dict[str, str], dict[str, str]]]]) -> None:
    """Close batches again whose members changed after they were added up; in a transaction.

    `found` holds, by the batch's primary key, each fact with the member before and after it.
    """
    if not found:
        return
    rows = SettlementBatch.objects.select_for_update().filter(pk__in=found, state__in=ADDED_UP)
    changes = []
    for batch in rows.order_by("pk"):
        before = reopen(batch)
        batch.updated_at = wall_now()
        changes += [Change(batch, fact, was, now, before) for fact, was, now in found[batch.pk]]
    update_rows(list({c.batch.pk: c.batch for c in changes}.values()), REOPENED)
    note(changes)


#: What `reopen` writes.
REOPENED: Final = ("state", "reasons", "accepted", "updated_at")


def _sentence(change: Change) -> str:
    was = BatchState(change.from_state).label.lower()
    told = [
        f"{name.lower()} {change.before.get(name) or 'none'} → {after or 'none'}"
        for name, after in change.after.items()
        if change.before.get(name, "") != after
    ]
    member = change.after.get("Transaction")
    about = f"Payment {member} of batch" if member else "Batch"
    return f"{about} {change.batch.vendor_ref} changed when it was {was}: {', '.join(told)}."


def _wanted(change: Change) -> Wanted:
    return Wanted(
        reason=Reason.FIGURES_CHANGED,
        subject=f"batch:{change.batch.pk}",
        connection=change.batch.connection,
        message=_sentence(change),
        business_on=change.batch.closed_on,
        amount=at_stake(change.batch),
        currency=change.batch.currency,
        batch=change.batch,
        fact=change.fact,
        details={"before": change.before, "after": change.after},
        suggestions=[{"action": "dismiss", "label": "The new figures are right", "value": ""}],
    )

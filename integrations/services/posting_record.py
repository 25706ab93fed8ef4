"""Recording: what happened to postings, with attempts and audit entries, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from audit import guard
from audit import services as audit
from integrations.bulk import insert_rows, update_rows
from integrations.canonical import DocumentKind, DocumentRef
from integrations.choices import AlertKind, PostingState
from integrations.clock import wall_now
from integrations.models import Attempt, Posting
from integrations.services import alerts
from integrations.services.posting_outcomes import EXHAUSTED, Change

READ_BACK_EVERY: Final = timedelta(minutes=1)
#: Codes under which a posting is held and that operations hear of.
TOLD: Final[dict[str, str]] = {
    EXHAUSTED: "postings were given up after their last attempt",
    "unknown_outcome": "postings have no answer and are not there; a person decides",
}


def record(changes: Sequence[Change]) -> int:
    """Write what happened, with its attempts and its audit entries, in one transaction.

    A change is written only while the claim it came from still holds: a worker that woke up after
    losing its claim changes nothing.
    """
    now = wall_now()
    with transaction.atomic():
        held = _held([change.posting.pk for change in changes])
        current = [
            change
            for change in changes
            if held[change.posting.pk] == (change.posting.state, change.posting.claim)
        ]
        insert_rows([_attempt(change, now) for change in current])
        for change in current:
            _apply(change, now)
        update_rows(
            [change.posting for change in current],
            [
                "state", "claim", "claimed_at", "due_at", "code", "message", "document_no",
                "document_key", "batch_ref", "entered_at", "posted_at", "unknown_since", "looks",
                "differences",
            ],
        )  # fmt: skip
        _post_members([c.posting for c in current if _posts_its_batch(c)], now)
        audit.record_many([change.entry() for change in current])
        _alert([change for change in current if change.code in TOLD])
    return len(current)


def _held(ids: Sequence[int]) -> dict[int, tuple[str, UUID | None]]:
    """State and claim of postings as they are now, locked to the transaction's end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, state, claim FROM integrations_posting WHERE id = ANY(%s)"
            " ORDER BY id FOR UPDATE",
            [list(ids)],
        )
        return {pk: (state, claim) for pk, state, claim in cursor.fetchall()}


def _alert(changes: Sequence[Change]) -> None:
    """One alert for each target and trouble, however many postings it has."""
    first: dict[tuple[int, str], Change] = {}
    for change in changes:
        first.setdefault((change.posting.target_id, change.code), change)
    for (target_id, code), change in first.items():
        target = change.posting.target
        alerts.raise_alert(
            AlertKind.DEAD_LETTER,
            told_subject(target_id, code),
            f"{target.name}: {TOLD[code]}",
            change.message,
            target,
        )


def told_subject(target_id: int, code: str) -> str:
    return f"connection:{target_id}:{code}"


def _attempt(change: Change, now: datetime) -> Attempt:
    return Attempt(
        posting=change.posting,
        number=change.posting.attempt_count,
        started_at=change.posting.claimed_at or now,
        ended_at=now,
        outcome=change.outcome,
        code=change.code[:40],
        message=_words(change),
        request_id=change.request_id[:80],
    )


def _words(change: Change) -> str:
    """What the target said; its texts pass the card-number guard like any other."""
    return guard.inspect_text(change.message).text[:300]


def _apply(change: Change, now: datetime) -> None:
    posting = change.posting
    was_sent = posting.state == PostingState.SENDING
    posting.state = change.state
    posting.differences = [each.plain() for each in change.differences]
    if was_sent:
        posting.unknown_since = now if change.state == PostingState.UNKNOWN else None
        posting.looks = 0
    else:
        posting.looks += 1
    posting.claim = None
    posting.due_at = now + change.again_in
    posting.code = change.code[:40]
    posting.message = _words(change)
    if change.state == PostingState.ENTERED:
        posting.entered_at = now
        posting.due_at = now + READ_BACK_EVERY
    if change.state == PostingState.POSTED:
        posting.entered_at = posting.entered_at or now
        posting.posted_at = now
    if change.document is not None:
        _note_document(posting, change.document)


def _note_document(posting: Posting, document: DocumentRef) -> None:
    posting.document_no = document.number
    posting.document_key = document.key
    posting.batch_ref = document.batch_ref


def _posts_its_batch(change: Change) -> bool:
    return change.posting.kind == DocumentKind.BATCH_POST and change.state == PostingState.POSTED


def _post_members(batch_posts: Sequence[Posting], now: datetime) -> None:
    """When the ERP has posted a batch, the batch and all that was entered in it are posted."""
    groups = [posting.group_id for posting in batch_posts]
    if groups:
        Posting.objects.filter(
            Q(group_id__in=groups) | Q(pk__in=groups), state=PostingState.ENTERED
        ).update(state=PostingState.POSTED, posted_at=now, message="")

"""Postings: owed once by key, claimed in sets, sent outside any transaction, recorded first.

One worker at a time sends to a target (a session lock says so), hence a posting that is still
`sending` when the lock is taken belonged to a worker that died or lost its session: its outcome
is unknown and is looked up, never blindly sent again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit import guard
from audit import services as audit
from integrations.bulk import update_rows
from integrations.canonical import (
    DocumentKind,
    DocumentRef,
    Draft,
    FoundPosting,
    Outcome,
    OutcomeStatus,
    content_hash,
    draft_from_json,
    draft_to_json,
)
from integrations.choices import AttemptOutcome, ConnectionState, PostingState
from integrations.clock import wall_now
from integrations.contracts import PostRequest
from integrations.errors import EdgeError, ThrottledError
from integrations.locks import session_lock
from integrations.models import Attempt, Connection, Posting
from integrations.services.connectors import poster_of
from integrations.services.posting_outcomes import MAX_TRIES, Change, change_for, not_sent
from integrations.services.pull import back_off, pause

WAITING: Final = """EXISTS (
    SELECT 1 FROM integrations_posting
     WHERE state IN ('ready', 'waiting') AND due_at <= %(wall)s
        OR state = 'sending'
        OR state = 'unknown' AND due_at <= %(wall)s
        OR state = 'entered' AND due_at <= %(wall)s)"""

logger = logging.getLogger(__name__)

CLAIM_AT_ONCE: Final = 200
#: Opening a batch, filling it and posting it follow each other without a look at anything else.
ROUNDS: Final = 4
LOOK_UP_AT_ONCE: Final = 500
READ_BACK_EVERY: Final = timedelta(minutes=1)


class ContentConflictError(Exception):
    """A key is owed with other content after an attempt may have reached the target."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A draft that is owed to a target under a key; `amount` is its magnitude."""

    key: str
    target: Connection
    company: str
    draft: Draft
    amount: Decimal
    currency: str
    group: Posting | None = None


def owe(owed: Sequence[Owed]) -> dict[str, Posting]:
    """Make the postings, once for each key; call inside the transaction of their effects.

    A key that is there already with the same content is left as it is. With other content it is
    replaced only while no attempt can have reached the target, else ContentConflictError.
    """
    now = wall_now()
    rows = [
        Posting(
            key=one.key,
            target=one.target,
            company=one.company,
            kind=one.draft.kind.value,
            draft=draft_to_json(one.draft),
            content_hash=content_hash(one.draft),
            amount=one.amount,
            currency=one.currency,
            group=one.group,
            due_at=now,
            created_at=now,
        )
        for one in owed
    ]
    Posting.objects.bulk_create(rows, ignore_conflicts=True)
    standing = {p.key: p for p in Posting.objects.filter(key__in=[row.key for row in rows])}
    for row in rows:
        known = standing[row.key]
        if known.content_hash != row.content_hash:
            _replace_content(known, row)
    return standing


def _replace_content(known: Posting, wanted: Posting) -> None:
    replaced = Posting.objects.filter(
        pk=known.pk, attempt_count=0, state__in=(PostingState.READY, PostingState.HELD)
    ).update(
        kind=wanted.kind,
        draft=wanted.draft,
        content_hash=wanted.content_hash,
        amount=wanted.amount,
        state=PostingState.READY,
    )
    if not replaced:
        raise ContentConflictError(
            f"{known.key} may have reached the ERP with other content; "
            "a correction is a reversal and a new effect."
        )
    known.refresh_from_db()


#: What there is to do for each target: claims left behind, look-ups, sending, reading back.
WORK: Final = """
    SELECT target_id, bool_or(state = 'sending'), bool_or(state = 'unknown'),
           bool_or(state IN ('ready', 'waiting')), bool_or(state = 'entered')
      FROM integrations_posting
     WHERE state = 'sending'
        OR state IN ('unknown', 'ready', 'waiting', 'entered') AND due_at <= %s
     GROUP BY target_id
"""


def drain() -> int:
    """Send what is due to every active target; answers how many postings moved."""
    with database.cursor() as cursor:
        cursor.execute(WORK, [wall_now()])
        work = {row[0]: row[1:] for row in cursor.fetchall()}
    moved = 0
    for target in _targets(work):
        left_behind, unknown, due, entered = work[target.pk]
        with session_lock(f"post:{target.pk}") as is_ours:
            if not is_ours:
                continue
            moved += _give_up_stale(target) if left_behind else 0
            moved += _look_up_unknown(target) if unknown else 0
            moved += _send_rounds(target) if due else 0
            moved += _read_back_entered(target) if entered else 0
    return moved


def _send_rounds(target: Connection) -> int:
    moved = 0
    for _ in range(ROUNDS):
        sent = _send_due(target)
        moved += sent
        if not sent:
            break
    return moved


def _targets(ids: Iterable[int]) -> list[Connection]:
    return list(
        Connection.objects.filter(pk__in=list(ids), state=ConnectionState.ACTIVE)
        .exclude(paused_until__gt=wall_now())
        .order_by("pk")
    )


# --- claims that were left behind -----------------------------------------------------------


def _give_up_stale(target: Connection) -> int:
    """Claims of workers that are no more: whether they wrote anything is not known."""
    stale = list(Posting.objects.filter(target=target, state=PostingState.SENDING))
    if not stale:
        return 0
    changes = [
        Change(
            posting,
            PostingState.UNKNOWN,
            AttemptOutcome.UNKNOWN,
            code="worker_ended",
            message="The worker ended before it had an answer; the ERP is asked.",
        )
        for posting in stale
    ]
    return _record(changes)


# --- look-ups -------------------------------------------------------------------------------


def _look_up_unknown(target: Connection) -> int:
    rows = list(
        Posting.objects.filter(
            target=target, state=PostingState.UNKNOWN, due_at__lte=wall_now()
        ).order_by("id")[:LOOK_UP_AT_ONCE]
    )
    if not rows:
        return 0
    try:
        found = _find(target, rows)
        enforces_keys = poster_of(target).enforces_keys
    except EdgeError as error:
        _postpone(rows, error)
        return 0
    return _record([_resolved(row, found.get(row.key), enforces_keys) for row in rows])


def _find(target: Connection, rows: Sequence[Posting]) -> dict[str, FoundPosting]:
    poster = poster_of(target)
    found: dict[str, FoundPosting] = {}
    for company, group in groupby(sorted(rows, key=lambda r: r.company), key=lambda r: r.company):
        keys = [row.key for row in group]
        found |= {answer.key: answer for answer in poster.find_postings(company, keys)}
    return found


def _postpone(rows: Iterable[Posting], error: EdgeError) -> None:
    """A look-up that fails says nothing: ask again later, and show when."""
    for row in rows:
        Posting.objects.filter(pk=row.pk, state=PostingState.UNKNOWN).update(
            due_at=wall_now() + back_off(row.attempt_count + 1), message=error.message[:300]
        )


def _resolved(row: Posting, answer: FoundPosting | None, enforces_keys: bool) -> Change:
    """Found and equal: linked. Found and different: a person. Absent: again only where safe."""
    if answer is None and enforces_keys and row.attempt_count < MAX_TRIES:
        return Change(
            row,
            PostingState.READY,
            AttemptOutcome.ABSENT,
            message="Not in the ERP, which refuses a key twice: sent again.",
            again_in=back_off(row.attempt_count - 1) if row.attempt_count > 1 else timedelta(0),
        )
    if answer is None:
        return Change(
            row,
            PostingState.HELD,
            AttemptOutcome.ABSENT,
            code="unknown_outcome",
            message=(
                f"Sent {row.attempt_count} times without an answer, and not in the ERP."
                if enforces_keys
                else "Not found in the ERP, which does not refuse doubles: a person decides."
            ),
        )
    if answer.details.get("document_present") is False:
        return Change(
            row,
            PostingState.HELD,
            AttemptOutcome.CONFLICT,
            code="content_conflict",
            message="Its key stands in the ERP, and its document is not there any more.",
        )
    if answer.content_hash != row.content_hash:
        return Change(
            row,
            PostingState.HELD,
            AttemptOutcome.CONFLICT,
            document=answer.document,
            code="content_conflict",
            message=f"{answer.document.number} stands in the ERP with other content.",
        )
    return Change(
        row,
        PostingState.POSTED if answer.document.is_posted else PostingState.ENTERED,
        AttemptOutcome.FOUND,
        document=answer.document,
        message=f"Found as {answer.document.number} and linked.",
    )


# --- sending --------------------------------------------------------------------------------

CLAIM = """
    WITH due AS (
      SELECT p.id
        FROM integrations_posting p
        LEFT JOIN integrations_posting g ON g.id = p.group_id
       WHERE p.target_id = %(target)s AND p.state IN ('ready', 'waiting') AND p.due_at <= %(now)s
         AND (p.group_id IS NULL OR g.state IN ('entered', 'posted', 'duplicate'))
         AND (p.kind <> 'batch_post' OR NOT EXISTS (
               SELECT 1 FROM integrations_posting m
                WHERE m.group_id = p.group_id AND m.id <> p.id
                  AND m.state NOT IN ('entered', 'posted', 'duplicate', 'cancelled')))
       ORDER BY p.id
       LIMIT %(limit)s
         FOR UPDATE OF p SKIP LOCKED)
    UPDATE integrations_posting p
       SET state = 'sending', claim = %(claim)s, claimed_at = %(now)s,
           attempt_count = p.attempt_count + 1
      FROM due
     WHERE p.id = due.id
 RETURNING p.id
"""


def _claim(target: Connection) -> list[Posting]:
    """Take what is due, committed before anything is sent; oldest first."""
    token = uuid.uuid4()
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {"target": target.pk, "now": wall_now(), "limit": CLAIM_AT_ONCE, "claim": token},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    return list(
        Posting.objects.filter(pk__in=ids, claim=token).select_related("group").order_by("id")
    )


def _send_due(target: Connection) -> int:
    claimed = _claim(target)
    if not claimed:
        return 0
    try:
        outcomes = poster_of(target).post([_request(posting) for posting in claimed])
    except EdgeError as error:
        # Connectors answer for each draft; what they raise happened before anything was sent.
        outcomes = [not_sent(posting.key, error) for posting in claimed]
        if isinstance(error, ThrottledError):
            pause(target, wall_now() + (error.retry_after or back_off(1)), error)
    except Exception:
        logger.exception("The connector of %s failed while it was posting.", target)
        outcomes = []  # Whatever it wrote before is looked up.
    answers = {outcome.key: outcome for outcome in outcomes}
    missing = Outcome(key="", status=OutcomeStatus.UNKNOWN, message="No answer for this document.")
    return _record([change_for(p, answers.get(p.key, missing)) for p in claimed])


def _request(posting: Posting) -> PostRequest:
    return PostRequest(
        key=posting.key,
        content_hash=posting.content_hash,
        draft=draft_from_json(posting.draft),
        batch_ref=posting.group.document_key if posting.group else "",
    )


# --- recording ------------------------------------------------------------------------------


def _record(changes: Sequence[Change]) -> int:
    """Write what happened, with its attempts and its audit entries, in one transaction.

    A change is written only while the claim it came from still holds: a worker that woke up after
    losing its claim changes nothing.
    """
    now = wall_now()
    with transaction.atomic():
        held = {
            row.pk: row
            for row in Posting.objects.select_for_update()
            .filter(pk__in=[change.posting.pk for change in changes])
            .only("pk", "state", "claim", "attempt_count")
        }
        current = [
            change
            for change in changes
            if (held[change.posting.pk].state, held[change.posting.pk].claim)
            == (change.posting.state, change.posting.claim)
        ]
        Attempt.objects.bulk_create([_attempt(change, now) for change in current])
        for change in current:
            _apply(change, now)
        update_rows(
            [change.posting for change in current],
            [
                "state", "claim", "claimed_at", "due_at", "code", "message", "document_no",
                "document_key", "batch_ref", "entered_at", "posted_at",
            ],
        )  # fmt: skip
        _post_members([c.posting for c in current if _posts_its_batch(c)], now)
        audit.record_many([change.entry() for change in current])
    return len(current)


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
    posting.state = change.state
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


# --- what a bookkeeper posts in the ERP -----------------------------------------------------


def _read_back_entered(target: Connection) -> int:
    """Where batches are posted in the ERP by hand: see which documents have been."""
    ours = Posting.objects.filter(group=OuterRef("group"), kind=DocumentKind.BATCH_POST)
    rows = list(
        Posting.objects.filter(
            target=target,
            state=PostingState.ENTERED,
            group__isnull=False,
            due_at__lte=wall_now(),
        )
        .exclude(Exists(ours))
        .order_by("due_at")[:LOOK_UP_AT_ONCE]
    )
    if not rows:
        return 0
    now = wall_now()
    try:
        found = _find(target, rows)
    except EdgeError as error:
        Posting.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + READ_BACK_EVERY)
        logger.warning("%s cannot say what has been posted: %s", target, error.message)
        return 0
    posted = [row for row in rows if row.key in found and found[row.key].document.is_posted]
    with transaction.atomic():
        Posting.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + READ_BACK_EVERY)
        Posting.objects.filter(
            Q(pk__in=[row.pk for row in posted]) | Q(pk__in={row.group_id for row in posted}),
            state=PostingState.ENTERED,
        ).update(state=PostingState.POSTED, posted_at=now)
        audit.record_many([_posted_in_the_erp(row) for row in posted])
    return len(posted)


def _posted_in_the_erp(row: Posting) -> audit.EntryDraft:
    return audit.EntryDraft(
        "posting.posted",
        ("posting", str(row.pk)),
        actor="worker",
        summary=f"{row.document_no} has been posted in the ERP.",
        details={"key": row.key, "document": row.document_no},
    )

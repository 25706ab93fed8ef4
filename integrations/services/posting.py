"""Postings: claimed in sets, sent outside any transaction, recorded before anything else.

One worker at a time sends to a target (a session lock says so), hence a posting that is still
`sending` when the lock is taken belonged to a worker that died or lost its session: its outcome
is unknown and is looked up, never blindly sent again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection as database
from django.db import transaction

from integrations.canonical import FoundPosting, Outcome, OutcomeStatus, draft_from_json
from integrations.choices import CircuitState, ConnectionState
from integrations.clock import wall_now
from integrations.contracts import PostRequest
from integrations.errors import EdgeError
from integrations.locks import session_lock
from integrations.models import Connection, Posting
from integrations.services import circuit
from integrations.services.connectors import poster_of
from integrations.services.posting_look_up import find, give_up_stale, look_up_unknown
from integrations.services.posting_outcomes import change_for, not_sent
from integrations.services.posting_read_back import read_back_entered
from integrations.services.posting_record import record

#: Each state by itself: an index of its own answers with the first row that it finds. Asked with
#: OR, PostgreSQL reads all that is due, or all that was ever posted.
WAITING: Final = """EXISTS (
    SELECT 1 FROM integrations_posting
     WHERE state IN ('ready', 'waiting') AND due_at <= %(wall)s)
 OR EXISTS (SELECT 1 FROM integrations_posting WHERE state = 'sending')
 OR EXISTS (SELECT 1 FROM integrations_posting WHERE state = 'unknown' AND due_at <= %(wall)s)
 OR EXISTS (SELECT 1 FROM integrations_posting WHERE state = 'entered' AND due_at <= %(wall)s)"""

logger = logging.getLogger(__name__)

CLAIM_AT_ONCE: Final = 200
#: Opening a batch, filling it and posting it follow each other without a look at anything else.
ROUNDS: Final = 4
#: The target itself has said something about the document.
ANSWERS: Final = (
    OutcomeStatus.DONE,
    OutcomeStatus.DUPLICATE,
    OutcomeStatus.CONFLICT,
    OutcomeStatus.REFUSED,
)

#: What there is to do for each target: claims left behind, look-ups, sending, reading back.
WORK: Final = """
    SELECT c.id,
           EXISTS (SELECT 1 FROM integrations_posting p
                    WHERE p.target_id = c.id AND p.state = 'sending'),
           EXISTS (SELECT 1 FROM integrations_posting p
                    WHERE p.target_id = c.id AND p.state = 'unknown' AND p.due_at <= %(now)s),
           EXISTS (SELECT 1 FROM integrations_posting p
                    WHERE p.target_id = c.id AND p.state IN ('ready', 'waiting')
                      AND p.due_at <= %(now)s),
           EXISTS (SELECT 1 FROM integrations_posting p
                    WHERE p.target_id = c.id AND p.state = 'entered' AND p.due_at <= %(now)s)
      FROM integrations_connection c
"""


def drain() -> int:
    """Send what is due to every active target; answers how many postings moved."""
    with database.cursor() as cursor:
        cursor.execute(WORK, {"now": wall_now()})
        work = {row[0]: row[1:] for row in cursor.fetchall() if any(row[1:])}
    moved = 0
    for target in _targets(work):
        with session_lock(f"post:{target.pk}") as is_ours:
            if not is_ours:
                continue
            with circuit.asking(target) as may_ask:
                moved += _work(target, *work[target.pk]) if may_ask else 0
    return moved


def _work(target: Connection, left_behind: bool, unknown: bool, due: bool, entered: bool) -> int:
    moved = give_up_stale(target) if left_behind else 0
    moved += look_up_unknown(target) if unknown else 0
    moved += _send_rounds(target) if due else 0
    moved += read_back_entered(target) if entered else 0
    return moved


def _send_rounds(target: Connection) -> int:
    moved = 0
    for _ in range(ROUNDS):
        sent = _send_due(target)
        moved += sent
        if not sent or target.failures_in_a_row or target.paused_until is not None:
            break
    return moved


def _targets(ids: Iterable[int]) -> list[Connection]:
    return list(
        Connection.objects.filter(pk__in=list(ids), state=ConnectionState.ACTIVE)
        .exclude(paused_until__gt=wall_now())
        .order_by("pk")
    )


# --- sending --------------------------------------------------------------------------------

CLAIM = """
    WITH due AS (
      SELECT p.id
        FROM integrations_posting p
        LEFT JOIN integrations_posting g ON g.id = p.group_id
        LEFT JOIN integrations_posting a ON a.key = p.after AND p.after <> ''
       WHERE p.target_id = %(target)s AND p.state IN ('ready', 'waiting') AND p.due_at <= %(now)s
         AND (p.group_id IS NULL OR g.state IN ('entered', 'posted', 'duplicate'))
         AND (a.id IS NULL OR a.state IN ('entered', 'posted', 'duplicate', 'cancelled'))
         AND (p.kind <> 'batch_post' OR NOT EXISTS (
               SELECT 1 FROM integrations_posting m
                WHERE m.group_id = p.group_id AND m.id <> p.id
                  AND m.state NOT IN ('entered', 'posted', 'duplicate', 'cancelled')))
       ORDER BY p.due_at, p.id
       LIMIT %(limit)s
         FOR UPDATE OF p SKIP LOCKED)
    UPDATE integrations_posting p
       SET state = 'sending', claim = %(claim)s, claimed_at = %(now)s,
           attempt_count = p.attempt_count + 1
      FROM due
     WHERE p.id = due.id
 RETURNING p.*
"""


def _claim(target: Connection) -> list[Posting]:
    """Take what is due, committed before anything is sent; what has been due longest first.

    That is the order of an index of what is due alone: by id, PostgreSQL would step over all that
    was ever posted.
    While it is tried whether the target answers again, one document is risked.
    """
    limit = 1 if target.circuit == CircuitState.HALF_OPEN else CLAIM_AT_ONCE
    token = uuid.uuid4()
    wanted = {"target": target.pk, "now": wall_now(), "limit": limit, "claim": token}
    with transaction.atomic():
        claimed = sorted(Posting.objects.raw(CLAIM, wanted), key=lambda posting: posting.pk)
    groups = Posting.objects.in_bulk({p.group_id for p in claimed if p.group_id})
    for posting in claimed:
        posting.group = groups[posting.group_id] if posting.group_id else None
    return claimed


def _send_due(target: Connection) -> int:
    claimed = _claim(target)
    if not claimed:
        return 0
    try:
        outcomes = poster_of(target).post([_request(posting) for posting in claimed])
    except EdgeError as error:
        # Connectors answer for each draft; what they raise happened before anything was sent.
        outcomes = [not_sent(posting.key, error) for posting in claimed]
    except Exception:
        logger.exception("The connector of %s failed while it was posting.", target)
        outcomes = []  # Whatever it wrote before is looked up.
    _note_health(target, outcomes)
    answers = {outcome.key: outcome for outcome in outcomes}
    there = _already_there(target, claimed, answers)
    missing = Outcome(key="", status=OutcomeStatus.UNKNOWN, message="No answer for this document.")
    return record([change_for(p, answers.get(p.key, missing), there.get(p.key)) for p in claimed])


def _already_there(
    target: Connection, claimed: Sequence[Posting], answers: dict[str, Outcome]
) -> dict[str, FoundPosting]:
    """What stands under a key that the target knows already: it is compared before it is linked.

    Where it cannot be seen now, the answer becomes unknown and is looked up.
    """
    known = (OutcomeStatus.DUPLICATE, OutcomeStatus.CONFLICT)
    rows = [p for p in claimed if p.key in answers and answers[p.key].status in known]
    if not rows:
        return {}
    try:
        return find(target, rows)
    except EdgeError as error:
        circuit.failed(target, error)
        for row in rows:
            answers[row.key] = Outcome(row.key, OutcomeStatus.UNKNOWN, message=error.message)
        return {}


def _note_health(target: Connection, outcomes: Sequence[Outcome]) -> None:
    """What the answers say of the connection itself: one failure counts once, however many wait."""
    if any(outcome.status in ANSWERS for outcome in outcomes if outcome.error is None):
        circuit.answered(target)
    error = next((outcome.error for outcome in outcomes if outcome.error is not None), None)
    if error is not None:
        circuit.failed(target, error)


def _request(posting: Posting) -> PostRequest:
    return PostRequest(
        key=posting.key,
        content_hash=posting.content_hash,
        draft=draft_from_json(posting.draft),
        batch_ref=posting.group.document_key if posting.group else "",
    )

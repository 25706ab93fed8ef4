"""Unknown outcomes: what was sent without an answer is looked up, never blindly sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from integrations.canonical import FoundPosting
from integrations.choices import AttemptOutcome, PostingState
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.models import Connection, Posting
from integrations.services import circuit
from integrations.services.circuit import back_off
from integrations.services.connectors import poster_of
from integrations.services.posting_outcomes import MAX_TRIES, Change, different, tries
from integrations.services.posting_record import record

LOOK_UP_AT_ONCE: Final = 500


def give_up_stale(target: Connection) -> int:
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
    return record(changes)


def look_up_unknown(target: Connection) -> int:
    rows = list(
        Posting.objects.filter(
            target=target, state=PostingState.UNKNOWN, due_at__lte=wall_now()
        ).order_by("id")[:LOOK_UP_AT_ONCE]
    )
    if not rows:
        return 0
    try:
        found = find(target, rows)
        enforces_keys = poster_of(target).enforces_keys
    except EdgeError as error:
        _postpone(rows, error)
        circuit.failed(target, error)
        return 0
    circuit.answered(target)
    return record(
        [resolved(row, found.get(row.key), enforces_keys, settling_time(target)) for row in rows]
    )


def settling_time(target: Connection) -> timedelta | None:
    minutes = target.resend_absent_after_minutes
    return None if minutes is None else timedelta(minutes=minutes)


def find(target: Connection, rows: Sequence[Posting]) -> dict[str, FoundPosting]:
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


def resolved(
    row: Posting, answer: FoundPosting | None, enforces_keys: bool, settles_in: timedelta | None
) -> Change:
    """Found and equal: linked. Found and different: a person. Absent: again only where safe.

    `settles_in`: what is not there so long after it was sent will not come any more; None where
    nobody has said so.
    """
    if answer is None:
        if enforces_keys:
            return _absent_where_keys_are_enforced(row)
        return _absent_elsewhere(row, settles_in)
    return different(row, answer) or Change(
        row,
        PostingState.POSTED if answer.document.is_posted else PostingState.ENTERED,
        AttemptOutcome.FOUND,
        document=answer.document,
        message=f"Found as {answer.document.number} and linked.",
    )


def _absent_where_keys_are_enforced(row: Posting) -> Change:
    """If it comes late after all, the target itself refuses the second one."""
    if tries(row) < MAX_TRIES:
        return _again(row, "Not in the ERP, which refuses a key twice: sent again.")
    return _given_up(row)


def _absent_elsewhere(row: Posting, settles_in: timedelta | None) -> Change:
    if settles_in is None:
        return _to_a_person(
            row, "Not found in the ERP, which does not refuse doubles: a person decides."
        )
    left = (row.unknown_since or wall_now()) + settles_in - wall_now()
    if left > timedelta(0):
        minutes = int(settles_in.total_seconds() // 60)
        return Change(
            row,
            PostingState.UNKNOWN,
            AttemptOutcome.ABSENT,
            message=f"Not in the ERP yet; it may still come for {minutes} minutes after sending.",
            again_in=min(left, back_off(row.looks + 2)),
        )
    if tries(row) < MAX_TRIES:
        return _again(row, "Still not in the ERP after its settling time: sent again.")
    return _given_up(row)


def _again(row: Posting, why: str) -> Change:
    wait = back_off(tries(row) - 1) if tries(row) > 1 else timedelta(0)
    return Change(row, PostingState.READY, AttemptOutcome.ABSENT, message=why, again_in=wait)


def _given_up(row: Posting) -> Change:
    return _to_a_person(row, f"Sent {tries(row)} times without an answer, and not in the ERP.")


def _to_a_person(row: Posting, why: str) -> Change:
    return Change(
        row, PostingState.HELD, AttemptOutcome.ABSENT, code="unknown_outcome", message=why
    )

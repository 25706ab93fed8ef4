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
from integrations.services.posting_outcomes import MAX_TRIES, Change
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
    return record([resolved(row, found.get(row.key), enforces_keys) for row in rows])


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


def resolved(row: Posting, answer: FoundPosting | None, enforces_keys: bool) -> Change:
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

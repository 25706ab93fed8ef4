"""What an answer means for a posting: pure, one row of the table for each status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from audit.services import EntryDraft
from integrations.canonical import (
    DocumentKind,
    DocumentRef,
    FoundPosting,
    Outcome,
    OutcomeStatus,
    draft_from_json,
)
from integrations.choices import AttemptOutcome, PostingState
from integrations.content import Difference, differences
from integrations.errors import ConfigError, EdgeError, RejectedError
from integrations.models import Posting
from integrations.services.circuit import back_off

#: After so many tries whose outcome had to be looked up and was not there, a person is asked.
MAX_TRIES: Final = 20
#: After so many tries that never left: with the longest pauses some two days. An ERP that is down
#: for a night is no matter of a person for each document.
MAX_TRIES_NOT_SENT: Final = 200
#: The code of a posting that was tried as often as it is.
EXHAUSTED: Final = "attempts_exhausted"
LOOK_UP_AFTER: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class Change:
    """A posting's next state, and the attempt that led to it."""

    posting: Posting
    state: str
    outcome: str
    document: DocumentRef | None = None
    code: str = ""
    message: str = ""
    request_id: str = ""
    again_in: timedelta = timedelta(0)
    differences: tuple[Difference, ...] = ()

    def entry(self) -> EntryDraft:
        return EntryDraft(
            f"posting.{self.state}",
            ("posting", str(self.posting.pk)),
            actor="worker",
            summary=self.message,
            details={
                "key": self.posting.key,
                "document": self.document.number if self.document else "",
                "code": self.code,
                "attempt": self.posting.attempt_count,
                "differences": [each.plain() for each in self.differences],
            },
        )


def not_sent(key: str, error: EdgeError) -> Outcome:
    """The outcome of a draft when the connector failed before anything was sent."""
    refused = isinstance(error, ConfigError | RejectedError)
    return Outcome(
        key=key,
        status=OutcomeStatus.REFUSED if refused else OutcomeStatus.NOT_SENT,
        code=error.code or error.kind,
        message=error.message,
        request_id=error.request_id,
        error=None if isinstance(error, RejectedError) else error,
    )


def standing_state(posting: Posting, document: DocumentRef | None) -> str:
    """Entered in a batch, unless the target says that it is posted already."""
    if document is not None and document.is_posted:
        return PostingState.POSTED
    if posting.kind == DocumentKind.BATCH_POST:
        return PostingState.POSTED
    return PostingState.ENTERED


def tries(posting: Posting) -> int:
    """Attempts since a person last let it go, or since it was first sent."""
    return posting.attempt_count - posting.attempts_before


def different(posting: Posting, found: FoundPosting) -> Change | None:
    """Held, with the differences, when what was found is not what is owed; None when it is."""
    draft = draft_from_json(posting.draft)
    found_out = differences(draft, posting.content_hash, found)
    if not found_out:
        return None
    fields = ", ".join(each.field.lower() for each in found_out)
    return Change(
        posting,
        PostingState.HELD,
        AttemptOutcome.CONFLICT,
        document=found.document,
        code="content_conflict",
        message=f"{found.document.number} stands in the ERP with other content: {fields}.",
        differences=found_out,
    )


def change_for(posting: Posting, outcome: Outcome, found: FoundPosting | None = None) -> Change:
    """The change that the target's answer makes to a posting that was being sent.

    `found`: what stands there, where the answer was that something does already.
    """
    if found is not None and (conflict := different(posting, found)) is not None:
        return conflict
    told = Change(
        posting,
        PostingState.UNKNOWN,
        AttemptOutcome.UNKNOWN,
        document=outcome.document,
        code=outcome.code,
        message=outcome.message,
        request_id=outcome.request_id,
        again_in=LOOK_UP_AFTER,
    )
    at_once = replace(told, again_in=timedelta(0))
    match outcome.status:
        case OutcomeStatus.DONE:
            state = standing_state(posting, outcome.document)
            return replace(at_once, state=state, outcome=AttemptOutcome.DONE)
        case OutcomeStatus.DUPLICATE:
            state = standing_state(posting, outcome.document)
            if state == PostingState.POSTED and posting.kind != DocumentKind.BATCH_POST:
                state = PostingState.DUPLICATE
            return replace(at_once, state=state, outcome=AttemptOutcome.DUPLICATE)
        case OutcomeStatus.CONFLICT:
            return replace(
                at_once,
                state=PostingState.HELD,
                outcome=AttemptOutcome.CONFLICT,
                code="content_conflict",
            )
        case OutcomeStatus.REFUSED:
            return replace(at_once, state=PostingState.HELD, outcome=AttemptOutcome.REFUSED)
        case OutcomeStatus.NOT_SENT:
            exhausted = tries(posting) >= MAX_TRIES_NOT_SENT
            return replace(
                told,
                state=PostingState.HELD if exhausted else PostingState.WAITING,
                outcome=AttemptOutcome.NOT_SENT,
                again_in=back_off(tries(posting)),
                code=EXHAUSTED if exhausted else outcome.code,
                message=f"Given up after {tries(posting)} tries. {outcome.message}"
                if exhausted
                else outcome.message,
            )
        case OutcomeStatus.UNKNOWN:
            return told

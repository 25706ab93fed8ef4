"""What the desk above may ask for: let held postings go again, as they are or otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from audit import services as audit
from integrations.canonical import Draft, content_hash, draft_to_json
from integrations.choices import AttemptOutcome, PostingState
from integrations.clock import wall_now
from integrations.models import Attempt, Posting
from integrations.services.posting_owe import ContentConflictError

#: Attempts of which the target has said, or we know, that they wrote nothing.
WROTE_NOTHING = (AttemptOutcome.REFUSED, AttemptOutcome.NOT_SENT)


def release(postings: Iterable[Posting], actor: str) -> int:
    """Let held postings go again after a person mended the cause."""
    asked = [posting.pk for posting in postings]
    with transaction.atomic():
        held = Posting.objects.select_for_update().filter(pk__in=asked, state=PostingState.HELD)
        ids = list(held.order_by("pk").values_list("pk", flat=True))
        count = Posting.objects.filter(pk__in=ids).update(
            state=PostingState.READY, due_at=wall_now(), code="", message=""
        )
        audit.record_many(
            [audit.EntryDraft("posting.released", ("posting", str(pk)), actor=actor) for pk in ids]
        )
    return count


def release_as(posting: Posting, draft: Draft, actor: str) -> None:
    """Let a posting that the target refused go with other content; call inside a transaction.

    Raises ContentConflictError where an attempt can have reached the target.
    """
    row = Posting.objects.select_for_update().get(pk=posting.pk)
    written = Attempt.objects.filter(posting=row).exclude(outcome__in=WROTE_NOTHING)
    if row.state != PostingState.HELD or written.exists():
        raise ContentConflictError(f"{row.key} may have reached the ERP as it was.")
    before = row.content_hash
    row.draft, row.content_hash = draft_to_json(draft), content_hash(draft)
    row.state, row.due_at, row.code, row.message = PostingState.READY, wall_now(), "", ""
    row.save(update_fields=["draft", "content_hash", "state", "due_at", "code", "message"])
    audit.record(
        "posting.changed",
        ("posting", str(row.pk)),
        actor=actor,
        summary="The ERP refused it as it was; it goes with other content.",
        details={"key": row.key, "before": before, "after": row.content_hash},
    )

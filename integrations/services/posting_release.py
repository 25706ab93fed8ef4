"""What people may ask for: let held postings go again, as they are or otherwise, or set them aside.

What may have been posted never goes again unseen: it is looked up first. What can be shown to have
written nothing may be changed, or cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from audit import services as audit
from audit.acting import require_actor
from audit.roles import Duty
from integrations.canonical import DocumentKind, Draft, content_hash, draft_to_json
from integrations.choices import AlertKind, AttemptOutcome, PostingState
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.models import Attempt, Posting
from integrations.services import alerts, circuit
from integrations.services.posting_look_up import find
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_record import TOLD, told_subject

#: Attempts of which the target has said, or we know, that they wrote nothing.
WROTE_NOTHING = (AttemptOutcome.REFUSED, AttemptOutcome.NOT_SENT)
#: States in which nothing is under way.
RESTING = (PostingState.READY, PostingState.WAITING, PostingState.HELD)


def may_have_written(posting: str = "pk") -> Exists:
    """Whether an attempt of a posting can have reached the target; `posting` names its column."""
    attempts = Attempt.objects.filter(posting=OuterRef(posting))
    return Exists(attempts.exclude(outcome__in=WROTE_NOTHING))


def unsent(postings: Iterable[Posting]) -> set[int]:
    """Primary keys of those that rest and of which nothing can have reached the target."""
    resting = [posting.pk for posting in postings if posting.state in RESTING]
    if not resting:
        return set()
    rows = Posting.objects.filter(pk__in=resting, state__in=RESTING).exclude(may_have_written())
    return set(rows.values_list("pk", flat=True))


def release(postings: Iterable[Posting], actor: str) -> int:
    """Let held postings go again after a person mended the cause; answers how many went.

    What never reached the target is sent, what may have reached it is looked up.
    """
    asked = [posting.pk for posting in postings]
    now = wall_now()
    with transaction.atomic():
        held = Posting.objects.select_for_update().filter(pk__in=asked, state=PostingState.HELD)
        ids = list(held.order_by("pk").values_list("pk", flat=True))
        rows = Posting.objects.filter(pk__in=ids)
        seen = set(rows.filter(may_have_written()).values_list("pk", flat=True))
        _move(rows.filter(pk__in=seen), PostingState.UNKNOWN, now)
        _move(rows.exclude(pk__in=seen), PostingState.READY, now)
        audit.record_many(
            [
                audit.EntryDraft(
                    "posting.released",
                    ("posting", str(pk)),
                    actor=actor,
                    summary="It is looked up." if pk in seen else "It is sent again.",
                )
                for pk in ids
            ]
        )
        _settle_alerts(rows)
    return len(ids)


def _settle_alerts(rows: QuerySet[Posting]) -> None:
    """What is told of a target is over when nothing of it is held for that any more."""
    for target_id in set(rows.values_list("target_id", flat=True)):
        for code in TOLD:
            left = Posting.objects.filter(target_id=target_id, state=PostingState.HELD, code=code)
            if not left.exists():
                alerts.clear(AlertKind.DEAD_LETTER, told_subject(target_id, code))


def _move(rows: QuerySet[Posting], state: str, now: datetime) -> None:
    rows.update(
        state=state,
        due_at=now,
        code="",
        message="",
        differences=[],
        looks=0,
        attempts_before=F("attempt_count"),
    )


def look_now(posting: Posting, actor: str) -> bool:
    """Have an unknown outcome looked up at once; answers whether it still was unknown."""
    require_actor(actor, Duty.WORK_EXCEPTIONS, ("posting", str(posting.pk)))
    with transaction.atomic():
        found = Posting.objects.filter(pk=posting.pk, state=PostingState.UNKNOWN).update(
            due_at=wall_now()
        )
        if found:
            audit.record("posting.look_now", ("posting", str(posting.pk)), actor=actor)
    return bool(found)


def send_absent_again(posting: Posting, actor: str) -> bool:
    """A person says that it is not there: look once more, then send it again.

    Answers False when it is there after all: it is linked, or held with what differs. Raises
    EdgeError when the target cannot be asked, ContentConflictError when it is not held any more.
    """
    try:
        is_there = bool(find(posting.target, [posting]))
    except EdgeError as error:
        circuit.failed(posting.target, error)
        raise
    with transaction.atomic():
        row = Posting.objects.select_for_update().get(pk=posting.pk)
        if row.state != PostingState.HELD or row.attempt_count != posting.attempt_count:
            raise ContentConflictError(f"It is {row.get_state_display().lower()} by now.")
        state = PostingState.UNKNOWN if is_there else PostingState.READY
        _move(Posting.objects.filter(pk=row.pk), state, wall_now())
        words = "It is there after all." if is_there else "Looked up: not there. Sent again."
        audit.record("posting.released", ("posting", str(row.pk)), actor=actor, summary=words)
        _settle_alerts(Posting.objects.filter(pk=row.pk))
    return not is_there


def hold_again(posting: Posting, was: Mapping[str, Any], actor: str) -> None:
    """Take back that a held posting was let go: it is held as it `was`; inside a transaction.

    `was` holds its state, code, message, differences, looks, attempts_before, attempt_count, draft
    and content_hash. Raises ContentConflictError once anything was tried with it since.
    """
    row = Posting.objects.select_for_update().get(pk=posting.pk)
    rests = (PostingState.READY, PostingState.WAITING, PostingState.UNKNOWN)
    if row.state not in rests or row.attempt_count != was["attempt_count"]:
        raise ContentConflictError(f"It is {row.get_state_display().lower()} by now.")
    for name in HELD_AS:
        setattr(row, name, was[name])
    row.save(update_fields=HELD_AS)
    audit.record(
        "posting.held_again",
        ("posting", str(row.pk)),
        actor=actor,
        summary="That it was let go is taken back.",
        details={"key": row.key},
    )


HELD_AS: Final = (
    "state", "code", "message", "differences", "looks", "attempts_before", "draft", "content_hash",
)  # fmt: skip


def release_as(posting: Posting, draft: Draft, actor: str) -> None:
    """Let a posting that the target refused go with other content; call inside a transaction.

    Raises ContentConflictError where an attempt can have reached the target.
    """
    row = _untouched(posting, (PostingState.HELD,))
    before = row.content_hash
    row.draft, row.content_hash = draft_to_json(draft), content_hash(draft)
    row.state, row.due_at, row.code, row.message = PostingState.READY, wall_now(), "", ""
    row.attempts_before = row.attempt_count
    row.save(
        update_fields=[
            "draft", "content_hash", "state", "due_at", "code", "message", "attempts_before",
        ]
    )  # fmt: skip
    audit.record(
        "posting.changed",
        ("posting", str(row.pk)),
        actor=actor,
        summary="The ERP refused it as it was; it goes with other content.",
        details={"key": row.key, "before": before, "after": row.content_hash},
    )


def amend(posting: Posting, draft: Draft, amount: Decimal, actor: str) -> None:
    """Give a posting that nobody has taken other content; call inside a transaction.

    Raises ContentConflictError where an attempt can have reached the target.
    """
    row = _untouched(posting, RESTING)
    before = row.content_hash
    row.draft, row.content_hash, row.amount = draft_to_json(draft), content_hash(draft), amount
    row.state, row.due_at, row.code, row.message = PostingState.READY, wall_now(), "", ""
    row.save(
        update_fields=["draft", "content_hash", "amount", "state", "due_at", "code", "message"]
    )
    audit.record(
        "posting.changed",
        ("posting", str(row.pk)),
        actor=actor,
        summary="What it is about has changed before it was sent.",
        details={"key": row.key, "before": before, "after": row.content_hash},
    )


def regroup(posting: Posting, group: Posting, actor: str, why: str) -> None:
    """Let a refused posting go into another ERP batch, as it is; call inside a transaction.

    Raises ContentConflictError where an attempt can have reached the target.
    """
    row = _untouched(posting, (PostingState.HELD,))
    Posting.objects.filter(pk=row.pk).update(group=group)
    _move(Posting.objects.filter(pk=row.pk), PostingState.READY, wall_now())
    audit.record(
        "posting.regrouped",
        ("posting", str(row.pk)),
        actor=actor,
        summary=why,
        details={"key": row.key, "before": row.group_id, "after": group.pk},
    )
    _settle_alerts(Posting.objects.filter(pk=row.pk))


def cancel(posting: Posting, actor: str, why: str) -> None:
    """Set a posting aside for good; call inside a transaction.

    Raises ContentConflictError where an attempt can have reached the target, or one is under way.
    """
    row = _untouched(posting, RESTING)
    row.state, row.message = PostingState.CANCELLED, why[:300]
    row.save(update_fields=["state", "message"])
    audit.record(
        "posting.cancelled",
        ("posting", str(row.pk)),
        actor=actor,
        summary=why,
        details={"key": row.key},
    )
    _settle_alerts(Posting.objects.filter(pk=row.pk))


def cancel_empty(group: Posting, actor: str, why: str) -> None:
    """Close an ERP batch in which nothing is left; call inside a transaction.

    One that the ERP has opened already stays there, empty and never posted. Raises
    ContentConflictError where a document is left in it, or where it is not known to be open.
    """
    if group.kind != DocumentKind.BATCH:
        raise ContentConflictError(f"{group.key} is no ERP batch.")
    row = Posting.objects.select_for_update().get(pk=group.pk)
    if row.members.exclude(state=PostingState.CANCELLED).exists():
        raise ContentConflictError(f"{row.key} still holds documents.")
    if row.state != PostingState.ENTERED:
        cancel(row, actor, why)
        return
    row.state, row.message = PostingState.CANCELLED, why[:300]
    row.save(update_fields=["state", "message"])
    audit.record(
        "posting.cancelled",
        ("posting", str(row.pk)),
        actor=actor,
        summary=f"{why} It stays empty in the ERP as {row.document_no or row.document_key}.",
        details={"key": row.key},
    )


def _untouched(posting: Posting, states: Iterable[str]) -> Posting:
    """The posting, locked, of which nothing can have reached the target."""
    row = Posting.objects.select_for_update().get(pk=posting.pk)
    written = Attempt.objects.filter(posting=row).exclude(outcome__in=WROTE_NOTHING)
    if row.state not in states or written.exists():
        raise ContentConflictError(f"{row.key} may have reached the ERP as it was.")
    return row

"""What is owed to a target: a posting made once for each key, its content bound to the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.bulk import insert_new
from integrations.canonical import Draft, draft_to_json, plain_hash
from integrations.choices import PostingState
from integrations.clock import wall_now
from integrations.models import Connection, Posting


class ContentConflictError(Exception):
    """A key is owed with other content after an attempt may have reached the target."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A draft that is owed to a target under a key; `amount` is its magnitude.

    It is not sent before the posting with the key `after`, if there is one, stands in the target.
    """

    key: str
    target: Connection
    company: str
    draft: Draft
    amount: Decimal
    currency: str
    group: Posting | None = None
    after: str = ""


def owe(owed: Sequence[Owed]) -> dict[str, Posting]:
    """Make the postings, once for each key; call inside the transaction of their effects.

    A key that is there already with the same content is left as it is. With other content it is
    replaced only while no attempt can have reached the target, else ContentConflictError. One that
    was cancelled before any attempt is owed anew.
    """
    now = wall_now()
    rows = [
        Posting(
            key=one.key,
            target=one.target,
            company=one.company,
            kind=one.draft.kind.value,
            draft=plain,
            content_hash=plain_hash(plain),
            amount=one.amount,
            currency=one.currency,
            group=one.group,
            after=one.after,
            due_at=now,
            created_at=now,
        )
        for one, plain in ((one, draft_to_json(one.draft)) for one in owed)
    ]
    standing = {row.key: row for row in insert_new(rows, "key")}
    there = [row.key for row in rows if row.key not in standing]
    if there:
        standing |= {posting.key: posting for posting in Posting.objects.filter(key__in=there)}
    for row in rows:
        known = standing[row.key]
        if known.content_hash != row.content_hash or known.state == PostingState.CANCELLED:
            _replace_content(known, row)
    return standing


def _replace_content(known: Posting, wanted: Posting) -> None:
    replaced = Posting.objects.filter(
        pk=known.pk,
        attempt_count=0,
        state__in=(PostingState.READY, PostingState.HELD, PostingState.CANCELLED),
    ).update(
        kind=wanted.kind,
        draft=wanted.draft,
        content_hash=wanted.content_hash,
        amount=wanted.amount,
        after=wanted.after,
        state=PostingState.READY,
        code="",
        message="",
    )
    if not replaced:
        raise ContentConflictError(
            f"{known.key} may have reached the ERP with other content; "
            "a correction is a reversal and a new effect."
        )
    known.refresh_from_db()

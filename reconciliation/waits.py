"""Why a posting that is ready does not go: what has to stand in the ERP before it."""

from __future__ import annotations

from typing import Final

from django.db.models import OuterRef, QuerySet, Subquery

from integrations.choices import STANDING_STATES, PostingState
from integrations.models import Posting

#: What is behind these does not wait any more.
DONE_WITH: Final = (*STANDING_STATES, PostingState.CANCELLED)
#: States in which a posting can wait for another.
WAITING_STATES: Final = (PostingState.READY, PostingState.WAITING)


def with_waits(rows: QuerySet[Posting]) -> QuerySet[Posting]:
    """Postings with `waits_for`: the key of the row that one goes after and that stands not yet."""
    before = Posting.objects.filter(key=OuterRef("after")).exclude(state__in=DONE_WITH)
    return rows.annotate(waits_for=Subquery(before.values("pk")[:1]))


def waits_for(row: Posting) -> int | None:
    """The posting that a row of `with_waits` waits for."""
    found: int | None = getattr(row, "waits_for", None)
    return found if row.state in WAITING_STATES else None

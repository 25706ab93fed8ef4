"""What a gateway said anew of a batch: each change in words, with where it was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import formats
from integrations.models import Fact
from reconciliation import words
from reconciliation.choices import BatchState
from reconciliation.models import BatchHistory, SettlementBatch

#: Changes shown on a page, the newest first.
SHOWN: Final = 20


@dataclass(frozen=True)
class Anew:
    """One change. `fields` are (name, before, after) of what is not the same any more."""

    when: datetime
    title: str
    was: str
    fields: list[tuple[str, str, str]]
    source: SafeString


def reported_anew(batch: SettlementBatch, *, may_open: bool) -> list[Anew]:
    """The newest changes of a batch; one query. `may_open`: whether envelopes are linked."""
    rows = batch.history.select_related("fact__envelope__connection").order_by("-id")
    return [_anew(row, may_open) for row in rows[:SHOWN] if not _is_first_word(row)]


def _is_first_word(row: BatchHistory) -> bool:
    """Whether the gateway had said nothing of these figures before: that changes none."""
    is_member = "Transaction" in row.after or "Transaction" in row.before
    return not is_member and not any(row.before.values())


def _anew(row: BatchHistory, may_open: bool) -> Anew:
    member = row.after.get("Transaction") or row.before.get("Transaction")
    return Anew(
        when=row.business_at,
        title=f"Payment {member} changed" if member else "Figures reported anew",
        was=words.label(BatchState, row.from_state).lower(),
        fields=changed_fields(row.before, row.after),
        source=source_of(row.fact, may_open=may_open),
    )


def changed_fields(
    before: Mapping[str, str], after: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    return [
        (name.capitalize(), before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name, "") != after.get(name, "")
    ]


def source_of(fact: Fact, *, may_open: bool) -> SafeString:
    """Which record of which envelope a fact is, linked for those who may see envelopes."""
    envelope = fact.envelope
    name = f"{envelope.kind} {envelope.name}".strip()
    shown = (
        formats.link(reverse("envelope", args=[envelope.pk]), name)
        if may_open
        else formats.text(name)
    )
    size = formats.number_text(envelope.size)
    return format_html("{} · {} bytes · record {}", shown, size, fact.position + 1)

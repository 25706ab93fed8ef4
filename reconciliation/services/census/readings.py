"""Keeping what was read back, a page at a time. Only what is new is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from audit import guard
from integrations.clock import wall_now
from integrations.standing import StandingDocument
from reconciliation import census as decide
from reconciliation.census import Owed
from reconciliation.choices import ReadBack
from reconciliation.models import DocumentReading

#: What a reading says of the ERP; the rest is when it said so.
SAID: Final = (
    "verdict",
    "document_no",
    "document_key",
    "batch_ref",
    "fields",
    "differing",
    "changed_by",
    "changed_at",
)


def note(documents: Iterable[StandingDocument], owed: Mapping[str, Owed]) -> None:
    """Keep these documents as they stand; of a key that nothing owes there is nothing to keep."""
    now = wall_now()
    keep({one.posting_id: _reading(one, document, now) for document, one in _owed(documents, owed)})


def note_missing(owed: Iterable[Owed]) -> None:
    """Keep that these were looked for and not found; what was found before is not told any more."""
    now = wall_now()
    keep(
        {
            one.posting_id: DocumentReading(
                posting_id=one.posting_id,
                verdict=ReadBack.MISSING,
                document_no=one.document_no,
                first_read_at=now,
                read_at=now,
            )
            for one in owed
        }
    )


def keep(read: Mapping[int, DocumentReading]) -> None:
    """Add readings of postings that had none, rewrite those that say something else now."""
    kept = DocumentReading.objects.filter(posting__in=list(read)).in_bulk(field_name="posting_id")
    changed = [_moved(kept[pk], new) for pk, new in read.items() if pk in kept]
    DocumentReading.objects.bulk_create(
        [new for pk, new in read.items() if pk not in kept], ignore_conflicts=True
    )
    DocumentReading.objects.bulk_update([row for row in changed if row], [*SAID, "read_at"])


def _moved(row: DocumentReading, new: DocumentReading) -> DocumentReading | None:
    """The row as it is now to stand, None where it stands like that already."""
    if all(getattr(row, name) == getattr(new, name) for name in SAID):
        return None
    for name in (*SAID, "read_at"):
        setattr(row, name, getattr(new, name))
    return row


def _owed(
    documents: Iterable[StandingDocument], owed: Mapping[str, Owed]
) -> list[tuple[StandingDocument, Owed]]:
    """The first document under each key that is owed: a second one is a finding, not a reading."""
    first: dict[str, StandingDocument] = {}
    for document in documents:
        if document.key in owed:
            first.setdefault(document.key, document)
    return [(document, owed[key]) for key, document in first.items()]


def _reading(owed: Owed, document: StandingDocument, now: datetime) -> DocumentReading:
    differing = decide.out_of_order(owed, document)
    return DocumentReading(
        posting_id=owed.posting_id,
        verdict=ReadBack.CHANGED if differing else ReadBack.AS_POSTED,
        document_no=document.document.number[:30],
        document_key=document.document.key[:30],
        batch_ref=document.document.batch_ref[:30],
        fields=_clean(decide.found_fields(document), owed.fields),
        differing=differing,
        changed_by=guard.inspect_text(document.changed_by).text[:60],
        changed_at=document.changed_at[:30],
        first_read_at=now,
        read_at=now,
    )


def _clean(found: Mapping[str, str], owed: Mapping[str, str]) -> dict[str, str]:
    """Texts of the ERP pass the card-number guard; what we wrote ourselves has passed it."""
    return {
        name: value if value == owed.get(name) else guard.inspect_text(value).text
        for name, value in found.items()
    }

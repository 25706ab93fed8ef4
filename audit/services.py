"""The audit log's services: record, seal, verify.

`record` belongs in the transaction of the change it tells: both are committed, or neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.db import connection, models

from audit.bulk import insert_rows
from audit.chain import seal_batch
from audit.holders import KeyHolder
from audit.models import Entry, iso
from audit.pace import Pace
from audit.redaction import redact
from audit.source import DatabaseSource
from audit.verifier import Report
from audit.verifier import verify as verify_source

_BATCH: Final = 5000
_SEAL: Final = Pace(1.0)

WAITING: Final = """coalesce((SELECT max(id) FROM audit_entry), 0) > coalesce(
    (SELECT through_id FROM audit_checkpoint ORDER BY position DESC LIMIT 1), 0)"""


class RecordedOutsideTransaction(RuntimeError):
    """An audit entry was recorded outside the transaction of the change it tells."""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry to be recorded. subject: a saved model instance, ("type", "id"), or None."""

    action: str
    subject: models.Model | tuple[str, str] | None
    actor: str
    summary: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    business_on: date | None = None


def user_actor(user: Any) -> str:
    """The actor of a signed-in user or of a key in use; "anonymous" for anybody else."""
    if isinstance(user, KeyHolder):
        return user.actor
    name = user.get_username() if user is not None and user.is_authenticated else ""
    return f"user:{name}" if name else "anonymous"


def record(
    action: str,
    subject: models.Model | tuple[str, str] | None,
    *,
    actor: str,
    summary: str = "",
    details: Mapping[str, Any] | None = None,
    business_on: date | None = None,
) -> Entry:
    """Record one entry inside the caller's transaction.

    Secrets and card data are redacted from summary and details. Raises
    RecordedOutsideTransaction, and ValueError for details that have no exact JSON form.
    """
    draft = EntryDraft(action, subject, actor, summary, details or {}, business_on)
    return record_many([draft])[0]


def record_many(drafts: Iterable[EntryDraft]) -> list[Entry]:
    """Record entries in one INSERT for each 5000; as `record`."""
    if not connection.in_atomic_block:
        raise RecordedOutsideTransaction(
            "An audit entry must be recorded in the transaction of the change it tells."
        )
    entries = [_entry(draft) for draft in drafts]
    for start in range(0, len(entries), _BATCH):
        insert_rows(entries[start : start + _BATCH])
    return entries


def _entry(draft: EntryDraft) -> Entry:
    subject_type, subject_id = _subject(draft.subject)
    return Entry(
        business_on=draft.business_on,
        actor=_text(draft.actor),
        action=draft.action,
        subject_type=subject_type,
        subject_id=_text(subject_id),
        summary=_text(redact(draft.summary)),
        details=_plain(redact(draft.details)) if draft.details else {},
    )


def _subject(subject: models.Model | tuple[str, str] | None) -> tuple[str, str]:
    if subject is None:
        return "", ""
    if isinstance(subject, models.Model):
        return subject._meta.label_lower, str(subject.pk)
    return subject[0], str(subject[1])


def _plain(value: Any) -> Any:
    """The value in what JSON holds exactly; amounts and times become texts."""
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date | UUID | Decimal):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    raise ValueError(f"{type(value).__name__} has no exact form in an audit entry: {value!r}")


def _text(text: str) -> str:
    """The text as PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def seal(limit: int = _BATCH, *, thorough: bool = False, wait: bool = True) -> int:
    """Give up to limit unsealed entries their place in the chain; how many were sealed."""
    return seal_batch(limit, thorough=thorough, wait=wait)


def drain() -> int:
    """Seal one batch if nobody else is at it: what a worker calls again and again.

    Not more often than every second: a batch costs the same for one entry as for hundreds.
    """
    return seal(wait=False) if _SEAL.is_due() else 0


def seal_all() -> int:
    """Seal everything that is committed, late commits of the last day included."""
    return sum(_batches())


def _batches() -> Iterator[int]:
    while sealed := seal(thorough=True):
        yield sealed


def verify() -> Report:
    """Verify chain, checkpoints and heads; every fault is in the report. Changes nothing."""
    source = DatabaseSource()
    with source.snapshot():
        report = verify_source(source)
    for fault in source.faults:
        report.add(fault.kind, fault.sentence)
    return report

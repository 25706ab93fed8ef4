"""Sealing: entries get their place in the chain, in batches, one sealer at a time.

Recording hashes nothing and takes no lock. The sealer comes later, takes what is committed and
not yet linked, and writes one link per entry and one checkpoint per batch. An entry that was
committed late with a lower id than its neighbours gets a later position: the chain has an order
of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from audit import heads
from audit.models import ENTRY_COLUMNS, ChainLink, Checkpoint, Entry, entry_record, iso
from audit.pace import Pace
from audit.verifier import GENESIS, GRACE, checkpoint_seal, entry_hash

_LOCK: Final = 0x7469_656F_7574  # "tieout", as the number of the sealer's advisory lock
# Late commits are looked for among the entries sealed in this last stretch of time; a thorough
# seal goes back as far as the verifier's grace.
_LATE: Final = timedelta(minutes=10)
# While entries come in all the time, so often: that stretch may hold some hundred thousand.
_LOOK: Final = Pace(5.0)


def seal_batch(limit: int, *, thorough: bool = False, wait: bool = True) -> int:
    """Link up to limit entries and set a checkpoint; the number of entries linked.

    thorough: look for late commits of the whole last day, not of the last minutes only. Without
    wait, nothing is done while another sealer is at work.
    """
    with transaction.atomic():
        if not _locked(wait):
            return 0
        last = Checkpoint.objects.order_by("-position").first()
        entries = _unlinked(last, limit, thorough)
        if entries:
            checkpoint = _link(last, entries)
            head = (checkpoint.position, checkpoint.hash, iso(checkpoint.sealed_at))
            transaction.on_commit(partial(heads.append_head, *head))
        return len(entries)


def _locked(wait: bool) -> bool:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        row = cursor.fetchone()
        return bool(row and row[0])


def _unlinked(last: Checkpoint | None, limit: int, thorough: bool) -> list[tuple[Any, ...]]:
    through = last.through_id if last else 0
    entries = Entry.objects.order_by("id").values_list(*ENTRY_COLUMNS)
    found: list[tuple[Any, ...]] = list(entries.filter(id__gt=through)[:limit])
    if last is None or len(found) == limit:
        return found
    if found and not thorough and not _LOOK.is_due():
        return found
    # All new ones are in hand: time to see whether an older id was committed meanwhile.
    now = timezone.now()
    linked = ChainLink.objects.filter(entry=OuterRef("id"))
    latecomers = entries.filter(
        ~Exists(linked),
        id__gt=_floor(now - (GRACE if thorough else _LATE)),
        id__lte=through,
        recorded_at__gt=now - GRACE,
    )
    return [*found, *latecomers[: limit - len(found)]]


def _floor(moment: datetime) -> int:
    """The highest entry id that had been sealed at a moment."""
    earlier = Checkpoint.objects.filter(sealed_at__lt=moment)
    return earlier.aggregate(highest=Max("through_id"))["highest"] or 0


def _link(last: Checkpoint | None, entries: list[tuple[Any, ...]]) -> Checkpoint:
    position = last.position if last else 0
    digest = last.hash if last else GENESIS
    hashes: list[str] = []
    for values in entries:
        digest = entry_hash(digest, entry_record(values))
        hashes.append(digest)
    ids = [values[0] for values in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_chainlink (position, entry_id, hash)"
            " SELECT %s + number, entry_id, hash"
            " FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS t (entry_id, hash, number)",
            [position, ids, hashes],
        )
    checkpoint = Checkpoint(
        position=position + len(entries),
        hash=digest,
        sealed_at=timezone.now(),
        entries=len(entries),
        through_id=max(last.through_id if last else 0, *ids),
    )
    checkpoint.seal = checkpoint_seal(last.seal if last else GENESIS, checkpoint.record())
    checkpoint.save(force_insert=True)
    return checkpoint

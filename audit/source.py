"""The audit log as the verifier reads it from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit.heads import head_file_size, kept_heads
from audit.models import ENTRY_COLUMNS, ChainLink, Checkpoint, Entry, entry_record, iso
from audit.verifier import Fault, LinkedEntry

_CHUNK = 2000


class DatabaseSource:
    """Links, checkpoints and entries of one moment, streamed; heads as the file holds them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        # Measured first: a head is written after its checkpoint is committed, so that every head
        # in this part of the file has its link in the snapshot that begins afterwards.
        self._heads_size = head_file_size()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """One moment for all that is read within."""
        inside = connection.in_atomic_block
        with transaction.atomic():
            if not inside:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    def links(self) -> Iterator[LinkedEntry]:
        """All links in order of position, each with its entry."""
        last: int | None = None
        while rows := self._links_after(last):
            entries = self._entries([entry_id for _, entry_id, _ in rows])
            for position, entry_id, digest in rows:
                yield LinkedEntry(position, entry_id, digest, entries.get(entry_id))
            last = rows[-1][0]

    def _links_after(self, position: int | None) -> list[tuple[int, int, str]]:
        links = ChainLink.objects.order_by("position").values_list("position", "entry_id", "hash")
        chosen = links if position is None else links.filter(position__gt=position)
        return list(chosen[:_CHUNK])

    def _entries(self, ids: list[int]) -> dict[int, dict[str, Any]]:
        rows = Entry.objects.filter(id__in=ids).values_list(*ENTRY_COLUMNS)
        return {values[0]: entry_record(values) for values in rows}

    def checkpoints(self) -> Iterator[dict[str, Any]]:
        """All checkpoints in order of position."""
        for checkpoint in Checkpoint.objects.order_by("position").iterator(_CHUNK):
            yield checkpoint.record()

    def heads(self) -> Iterator[dict[str, Any]]:
        """The heads that were kept outside."""
        return kept_heads(self.faults, self._heads_size)

    def unlinked(self) -> Iterator[dict[str, Any]]:
        """All entries without a link, by id."""
        for values in unlinked_entries().values_list(*ENTRY_COLUMNS).iterator(_CHUNK):
            yield entry_record(values)

    def hashes_at(self, positions: list[int]) -> dict[int, str]:
        """The hashes of the links at these positions."""
        links = ChainLink.objects.filter(position__in=positions)
        return dict(links.values_list("position", "hash"))

    def sealed_at(self, positions: list[int]) -> dict[int, str]:
        """The times of the checkpoints at these positions."""
        found = Checkpoint.objects.filter(position__in=positions)
        return {position: iso(at) for position, at in found.values_list("position", "sealed_at")}


def unlinked_entries() -> QuerySet[Entry]:
    """Entries that no link names."""
    linked = ChainLink.objects.filter(entry=OuterRef("id"))
    return Entry.objects.filter(~Exists(linked)).order_by("id")

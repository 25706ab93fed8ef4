"""The audit log as files that anybody can verify without the hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from audit import services, verifier
from audit.source import DatabaseSource


@dataclass(frozen=True)
class Exported:
    """How many records an export holds."""

    entries: int
    links: int
    checkpoints: int
    heads: int


def export_audit(folder: Path, *, actor: str) -> Exported:
    """Write entries, links, checkpoints, heads and the verifier into a new or empty folder.

    The export itself is recorded and sealed first, so that the files tell of it. Streams; memory
    does not grow with the log. Raises FileExistsError for a folder that holds something.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: an export needs a folder of its own.")
    with transaction.atomic():
        services.record("audit.exported", None, actor=actor, details={"folder": str(folder)})
    services.seal_all()
    source = DatabaseSource()
    with source.snapshot():
        exported = Exported(
            links=_write(folder / "links.jsonl", _links(source)),
            entries=_write(folder / "entries.jsonl", _entries(source)),
            checkpoints=_write(folder / "checkpoints.jsonl", source.checkpoints()),
            heads=_write(folder / "heads.jsonl", source.heads()),
        )
    shutil.copyfile(Path(verifier.__file__), folder / "verifier.py")
    return exported


def _links(source: DatabaseSource) -> Iterator[dict[str, Any]]:
    for link in source.links():
        yield {"position": link.position, "entry_id": link.entry_id, "hash": link.hash}


def _entries(source: DatabaseSource) -> Iterator[dict[str, Any]]:
    """In the order of the chain, then those that are not yet sealed."""
    for link in source.links():
        if link.entry is not None:
            yield link.entry
    yield from source.unlinked()


def _write(path: Path, records: Iterable[dict[str, Any]]) -> int:
    count = 0
    with path.open("xb") as lines:
        for record in records:
            lines.write(verifier.canonical(record) + b"\n")
            count += 1
    return count

"""The chain's head, kept outside the database: one line in a file at each checkpoint.

The file is TIEOUT_HOME/audit/heads-<database>.jsonl. Copy it elsewhere regularly: whoever owns
database and machine alike can rewrite both, but not the copy that an auditor took.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection

from audit.verifier import Fault, read_heads

#: A line has some 140 bytes.
TAIL_BYTES: Final = 2000


def head_file(database: str | None = None) -> Path:
    """The head file of a database, by default of the one in use."""
    name = database or str(connection.settings_dict["NAME"])
    safe = "".join(char if char.isalnum() or char in "-_." else "_" for char in name)
    return Path(settings.TIEOUT_HOME) / "audit" / f"heads-{safe}.jsonl"


def append_head(position: int, digest: str, at: str) -> None:
    """Add a line and wait until it is on the disk. at: UTC, ISO."""
    path = head_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"position": position, "hash": digest, "at": at}) + "\n"
    # One write to a file opened for appending: a kill leaves the whole line or nothing.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def newest_head() -> tuple[int, str] | None:
    """(position, hash) of the last whole line of the file; None without one."""
    path = head_file()
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        lines = file.read().splitlines()
    for line in reversed(lines):
        try:
            head = json.loads(line)
            return int(head["position"]), str(head["hash"])
        except (ValueError, KeyError, TypeError):
            continue  # cut by a full disk; the verifier tells of it
    return None


def head_file_size() -> int:
    """How many bytes the head file has now; 0 without a file."""
    path = head_file()
    return path.stat().st_size if path.exists() else 0


def kept_heads(faults: list[Fault], size: int) -> Iterator[dict[str, Any]]:
    """The heads in the first bytes of the file; unreadable lines become faults."""
    if size:
        yield from read_heads(head_file(), faults, size)


def forget(database: str) -> None:
    """For a database that is made anew on purpose (demo, rehearsal): its old heads go with it."""
    head_file(database).unlink(missing_ok=True)

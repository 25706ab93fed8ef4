#!/usr/bin/env python3
"""Verifies an exported audit log, offline: python verifier.py DIRECTORY [--heads FILE]

Needs Python 3.11 and nothing else: no database, no account, no package. DIRECTORY holds
entries.jsonl, links.jsonl, checkpoints.jsonl and perhaps heads.jsonl. --heads names a copy of the
head file that was kept elsewhere: only that can show that a whole chain was made anew.
Exit status: 0 nothing found, 1 faults found, 2 the export cannot be read.
The hub's own verification runs the same code over its database, so there is one canonical form.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

# The fields of an entry, by the version of its canonical form. A field that is added later comes
# with a new version, so that old entries keep their hashes.
ENTRY_FIELDS: dict[int, tuple[str, ...]] = {
    1: (
        *("version", "id", "recorded_at", "business_on", "actor", "action"),
        *("subject_type", "subject_id", "summary", "details"),
    ),
}
Record = dict[str, Any]
_Shape = dict[str, type[int] | type[str]]
LINK_FIELDS: _Shape = {"position": int, "entry_id": int, "hash": str}
CHECKPOINT_FIELDS: _Shape = {
    **dict.fromkeys(("position", "entries", "through_id"), int),
    **dict.fromkeys(("hash", "sealed_at", "seal"), str),
}
HEAD_FIELDS: _Shape = {"position": int, "hash": str, "at": str}

GENESIS = "0" * 64
# An entry that is this much older than the last seal and is not in the chain was put there later;
# one that is numbered after all that are sealed was at most under way when the seal was made.
GRACE, UNDER_WAY = timedelta(hours=24), timedelta(minutes=2)
_MOST_FAULTS, _MOST_SUSPECTS = 1000, 200


class Unreadable(Exception):
    """A record that has no canonical form: fields or version are not those that were written."""


def canonical(record: Record) -> bytes:
    """The one byte form of a record: JSON, keys in order, ASCII, no blanks."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def entry_hash(previous: str, entry: Record) -> str:
    """The hash of an entry behind the one before it; covers every field of the entry.

    Raises Unreadable when the fields are not exactly those of the entry's version.
    """
    version = entry.get("version")
    fields = ENTRY_FIELDS.get(version) if type(version) is int else None
    if fields is None or set(entry) != set(fields):
        raise Unreadable(f"no entry of a known version: {sorted(entry)}, version {version!r}")
    try:
        return _chained(previous, entry)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from error


def _chained(previous: str, record: Record) -> str:
    return hashlib.sha256(previous.encode() + b"\n" + canonical(record)).hexdigest()


def checkpoint_seal(previous: str, checkpoint: Record) -> str:
    """The hash of a checkpoint behind the one before it; covers every field but the seal."""
    return _chained(previous, {n: checkpoint[n] for n in CHECKPOINT_FIELDS if n != "seal"})


class LinkedEntry(NamedTuple):
    """A link of the chain with the entry it names, or None if there is no such entry."""

    position: int
    entry_id: int
    hash: str
    entry: Record | None


class Source(Protocol):
    """Where the records come from, the hub's database or an export.

    Links and checkpoints come in order of position, heads as they were written; unlinked are the
    entries that no link names, by id. The look-ups are for links and checkpoints.
    """

    def links(self) -> Iterator[LinkedEntry]: ...
    def checkpoints(self) -> Iterator[Record]: ...
    def heads(self) -> Iterator[Record]: ...
    def unlinked(self) -> Iterator[Record]: ...
    def hashes_at(self, positions: list[int]) -> dict[int, str]: ...
    def sealed_at(self, positions: list[int]) -> dict[int, str]: ...


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, in a sentence; position and entry where there is one."""

    kind: str
    sentence: str
    position: int | None = None
    entry_id: int | None = None


@dataclass
class Report:
    """What was looked at, and what is wrong with it."""

    linked: int = 0
    not_yet_sealed: int = 0
    checkpoints: int = 0
    heads: int = 0
    head_hash: str = GENESIS
    faults: list[Fault] = field(default_factory=list)
    more_faults: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def add(
        self, kind: str, sentence: str, at: int | None = None, entry: int | None = None
    ) -> None:
        """Note a fault; beyond a thousand they are only counted."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(kind, sentence, at, entry))
        else:
            self.more_faults += 1

    def sentences(self) -> Iterator[str]:
        """The report for a reader."""
        yield (
            f"{self.linked} entries in the chain, {self.not_yet_sealed} not yet sealed, "
            f"{self.checkpoints} checkpoints, {self.heads} heads kept outside."
        )
        yield from self.notes
        yield from (fault.sentence for fault in self.faults)
        if self.more_faults:
            yield f"And {self.more_faults} more faults."
        if self.ok:
            yield f"No fault found. The chain ends at position {self.linked}, {self.head_hash}."
        else:
            yield f"{len(self.faults) + self.more_faults} faults found: this log was altered."


def verify(source: Source) -> Report:
    """Read everything once, in bounded memory, and list every fault."""
    report = Report()
    last_position = _ChainWalk(report).walk(source.links())
    last_sealed_at, through_id = _check_checkpoints(report, source, last_position)
    _check_heads(report, source, last_position)
    _check_unlinked(report, source, last_sealed_at, through_id)
    return report


class _Suspect(NamedTuple):
    """A link that its entry does not fit."""

    position: int
    previous: str
    hash: str
    entry: Record


class _ChainWalk:
    """Goes along the links. After a fault it carries on from the hash as stored."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._previous: str | None = GENESIS  # None: not known, because links are missing
        self._recomputed: str | None = None  # what the link before should hold, if it is in doubt
        self._suspects: list[_Suspect] = []

    def walk(self, links: Iterable[LinkedEntry]) -> int:
        """The last position of the chain; 0 for an empty one."""
        expected = 1
        for link in links:
            if link.position != expected:
                self._gap(expected, link.position)
            self._check(link)
            self._report.linked += 1
            self._report.head_hash = link.hash
            expected = link.position + 1
        self._explain_suspects()
        return expected - 1

    def _gap(self, expected: int, found: int) -> None:
        if found < expected:
            self._report.add("inserted", f"Position {found} stands in the chain twice.", found)
        else:
            until = f" to {found - 1}" if found > expected + 1 else ""
            sentence = f"Missing from the chain: position {expected}{until}."
            self._report.add("removed", sentence, expected)
        self._previous, self._recomputed = None, None

    def _check(self, link: LinkedEntry) -> None:
        previous, doubtful = self._previous, self._recomputed
        self._previous, self._recomputed = link.hash, None
        what = f"Entry {link.entry_id} at position {link.position}"
        if link.entry is None:
            self._report.add("removed", f"{what} was removed.", link.position, link.entry_id)
            return
        try:
            computed = entry_hash(previous or GENESIS, link.entry)
            if previous is None or computed == link.hash:
                return
            if doubtful and entry_hash(doubtful, link.entry) == link.hash:
                # The entry before was right after all: what is wrong is the hash of its link.
                at = self._suspects.pop().position
                self._report.add("changed", f"The hash stored at position {at} was changed.", at)
                return
        except Unreadable as error:
            sentence = f"{what} was changed: it is {error}."
            self._report.add("changed", sentence, link.position, link.entry_id)
            return
        if len(self._suspects) < _MOST_SUSPECTS:
            self._recomputed = computed
            self._suspects.append(_Suspect(link.position, previous, link.hash, link.entry))
        else:
            sentence = f"{what} does not fit its hash."
            self._report.add("changed", sentence, link.position, link.entry_id)

    def _explain_suspects(self) -> None:
        for suspect in self._suspects:
            entry_id = suspect.entry["id"]
            places = (s for s in self._suspects if entry_hash(s.previous, suspect.entry) == s.hash)
            home = next(places, None)
            what = f"Entry {entry_id} at position {suspect.position}"
            if home:
                kind, sentence = "moved", f"{what} belongs at position {home.position}: moved."
            else:
                kind = "changed"
                sentence = f"{what} does not fit its hash: changed, or another stood here."
            self._report.add(kind, sentence, suspect.position, entry_id)


def _check_checkpoints(report: Report, source: Source, last_position: int) -> tuple[datetime, int]:
    """When the last seal was made and up to which entry id it reaches."""
    seal, last, covered = GENESIS, None, 0
    for group in _groups(source.checkpoints()):
        hashes = source.hashes_at([point["position"] for point in group])
        for point in group:
            report.checkpoints += 1
            _check_point(report, point, seal, hashes, covered)
            seal, covered, last = point["seal"], point["position"], point
    if covered < last_position:
        what = f"The last checkpoint is at position {covered}, the chain ends at {last_position}"
        sentence = f"{what}: entries were added, or checkpoints removed."
        report.add("inserted", sentence, last_position)
    if last is None:
        return _moment("0001-02-01"), -sys.maxsize  # before the first seal no entry is late
    return _moment(last["sealed_at"]), last["through_id"]


def _check_point(
    report: Report, point: Record, seal: str, hashes: dict[int, str], covered: int
) -> None:
    position = point["position"]
    what = f"The checkpoint at position {position}"
    if checkpoint_seal(seal, point) != point["seal"] or point["entries"] != position - covered:
        sentence = f"{what} does not fit its seal: changed, or one before it was removed."
        report.add("checkpoint", sentence, position)
    if position not in hashes:
        report.add("cut", f"{what} has no link any more: links were removed.", position)
    elif hashes[position] != point["hash"]:
        report.add("checkpoint", f"{what} names another hash than the chain.", position)


def _check_heads(report: Report, source: Source, last_position: int) -> None:
    for group in _groups(source.heads()):
        positions = [int(head["position"]) for head in group]
        hashes, times = source.hashes_at(positions), source.sealed_at(positions)
        for head in group:
            report.heads += 1
            position = head["position"]
            told = f"The head of {head['at']} at position {position}"
            if position not in hashes:
                sentence = f"{told} is gone from the chain, which ends at {last_position}: a cut."
                report.add("cut", sentence, position)
            elif (hashes[position], times.get(position)) != (head["hash"], head["at"]):
                sentence = f"{told} does not fit the checkpoint there: one of them was made anew."
                report.add("head", sentence, position)


def _check_unlinked(
    report: Report, source: Source, last_sealed_at: datetime, through_id: int
) -> None:
    for entry in source.unlinked():
        report.not_yet_sealed += 1
        late = GRACE if entry["id"] <= through_id else UNDER_WAY
        if _moment(entry["recorded_at"]) < last_sealed_at - late:
            sentence = f"Entry {entry['id']} of {entry['recorded_at']} is not in the chain, later"
            report.add("inserted", f"{sentence} ones are: inserted.", None, entry["id"])
    if report.linked and not report.heads:
        report.notes.append("No head from outside was given: a chain made anew would not show.")
    if report.not_yet_sealed:
        report.notes.append(
            f"{report.not_yet_sealed} entries are not yet sealed: nothing can be said of them."
        )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _groups(records: Iterator[Record]) -> Iterator[list[Record]]:
    while group := list(islice(records, 500)):
        yield group


# Reading an export


class ExportError(Exception):
    """The export cannot be read."""


class ExportSource:
    """An export, indexed in a temporary SQLite file so that memory stays bounded."""

    def __init__(self, folder: Path, heads: Path | None = None) -> None:
        self.faults: list[Fault] = []
        self._folder, self._heads = folder, heads
        self._index = sqlite3.connect("")
        self._index.executescript(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT);"
            "CREATE TABLE link (position INTEGER PRIMARY KEY, entry_id INTEGER, hash TEXT);"
            "CREATE TABLE checkpoint (position INTEGER PRIMARY KEY, body TEXT);"
        )
        self._load("entries", "INSERT INTO entry VALUES (?, ?)", _entry_row)
        self._load("links", "INSERT INTO link VALUES (?, ?, ?)", _link_row)
        self._load("checkpoints", "INSERT INTO checkpoint VALUES (?, ?)", _point_row)
        self._index.execute("CREATE INDEX link_entry ON link (entry_id)")

    def _load(self, name: str, statement: str, row: Callable[..., tuple[Any, ...]]) -> None:
        path = self._folder / f"{name}.jsonl"
        for number, record in _records(path):
            try:
                self._index.execute(statement, row(record))
            except (ValueError, KeyError, TypeError, sqlite3.Error) as error:
                sentence = f"Line {number} of {path.name} does not belong there: {error}."
                self.faults.append(Fault("unreadable", sentence))

    def links(self) -> Iterator[LinkedEntry]:
        rows = self._index.execute(
            "SELECT position, entry_id, hash, body FROM link LEFT JOIN entry ON id = entry_id"
            " ORDER BY position"
        )
        for position, entry_id, digest, body in rows:
            yield LinkedEntry(position, entry_id, digest, json.loads(body) if body else None)

    def checkpoints(self) -> Iterator[Record]:
        for (body,) in self._index.execute("SELECT body FROM checkpoint ORDER BY position"):
            yield json.loads(body)

    def heads(self) -> Iterator[Record]:
        paths = [self._folder / "heads.jsonl", *([self._heads] if self._heads else [])]
        for path in paths:
            if path.exists() or path == self._heads:
                yield from read_heads(path, self.faults)

    def unlinked(self) -> Iterator[Record]:
        rows = self._index.execute(
            "SELECT body FROM entry WHERE id NOT IN (SELECT entry_id FROM link) ORDER BY id"
        )
        for (body,) in rows:
            yield json.loads(body)

    def hashes_at(self, positions: list[int]) -> dict[int, str]:
        return self._at(positions, "SELECT position, hash FROM link WHERE position IN")

    def sealed_at(self, positions: list[int]) -> dict[int, str]:
        points = self._at(positions, "SELECT position, body FROM checkpoint WHERE position IN")
        return {position: json.loads(body)["sealed_at"] for position, body in points.items()}

    def _at(self, positions: list[int], select: str) -> dict[int, str]:
        return dict(self._index.execute(f"{select} ({','.join('?' * len(positions))})", positions))

    def close(self) -> None:
        """Drop the temporary index."""
        self._index.close()


def read_heads(path: Path, faults: list[Fault], size: int = sys.maxsize) -> Iterator[Record]:
    """The heads in the first bytes of a head file; lines that are none become faults."""
    for number, head in _records(path, faults, size):
        try:
            _check_shape(head, HEAD_FIELDS)
        except ValueError as error:
            faults.append(Fault("head", f"Line {number} of {path.name} is no head: {error}."))
        else:
            yield head


def _records(
    path: Path, faults: list[Fault] | None = None, size: int = sys.maxsize
) -> Iterator[tuple[int, Record]]:
    """Line number and record of each line. Without a list for faults a bad line is an error."""
    done = 0
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if done >= size:
                    return
                done += len(line)
                record = _record(line, f"Line {number} of {path.name}", faults)
                if record is not None:
                    yield number, record
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error}.") from error


def _record(line: bytes, name: str, faults: list[Fault] | None) -> Record | None:
    try:
        record = json.loads(line, object_pairs_hook=_no_name_twice)
        if not isinstance(record, dict):
            raise ValueError("it holds no record")
    except (ValueError, RecursionError) as error:
        if faults is None:
            raise ExportError(f"{name} cannot be read: {error}.") from error
        faults.append(Fault("unreadable", f"{name} cannot be read: {error}."))
        return None
    return record


def _no_name_twice(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a name stands in it twice")
    return record


def _entry_row(record: Record) -> tuple[Any, ...]:
    _moment(record["recorded_at"])
    _check_shape({"id": record["id"]}, {"id": int})
    return record["id"], json.dumps(record)


def _link_row(record: Record) -> tuple[Any, ...]:
    _check_shape(record, LINK_FIELDS)
    return record["position"], record["entry_id"], record["hash"]


def _point_row(record: Record) -> tuple[Any, ...]:
    _check_shape(record, CHECKPOINT_FIELDS)
    _moment(record["sealed_at"])
    return record["position"], json.dumps(record)


def _check_shape(record: Record, fields: _Shape) -> None:
    if set(record) != set(fields):
        raise ValueError(f"its fields are {sorted(record)}")
    for name, kind in fields.items():
        value = record[name]
        if type(value) is not kind or (isinstance(value, int) and abs(value) >= 2**63):
            raise ValueError(f"its {name} is {value!r}")


def verify_export(folder: Path, heads: Path | None = None) -> Report:
    """Verify an export. Raises ExportError when it cannot be read at all."""
    with closing(ExportSource(folder, heads)) as source:
        report = verify(source)
        for fault in source.faults:
            report.add(fault.kind, fault.sentence)
        return report


def main(arguments: list[str] | None = None) -> int:
    """Print the report in sentences; the exit status says whether faults were found."""
    parser = argparse.ArgumentParser(description="Verify an exported audit log, offline.")
    parser.add_argument("directory", type=Path, help="the folder of the export")
    parser.add_argument("--heads", type=Path, help="a head file that was kept elsewhere")
    given = parser.parse_args(arguments)
    try:
        report = verify_export(given.directory, given.heads)
    except ExportError as error:
        sys.stdout.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{sentence}\n" for sentence in report.sentences())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())

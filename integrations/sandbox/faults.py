"""Faults on demand: rules in a table of the sandbox's database, taken one answer at a time.

A rule can be armed from any process by an INSERT (see `arm`) and outlives a kill of the
simulator. The simulator reads the armed rules before each request and takes one by counting
it down in one statement, so that no rule fires more often than its `times`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from integrations.sandbox.database import Connection, Database

# Nothing has been done when these strike.
BEFORE = ("refuse", "stall", "throttle", "throttle_date", "error", "unauthorized")
# The work is done and committed when these strike.
AFTER = (
    "drop", "cut", "error_after", "garble", "mangle_json", "garbage", "repeat_rows", "reorder",
    "lag", "replay",
)  # fmt: skip

SCHEMA = """
CREATE TABLE IF NOT EXISTS sandbox_fault (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sandbox text NOT NULL DEFAULT '*',
    name text UNIQUE,
    kind text NOT NULL,
    method text NOT NULL DEFAULT '*',
    path text NOT NULL DEFAULT '*',
    body_contains text NOT NULL DEFAULT '',
    remaining integer NOT NULL DEFAULT 1,
    seconds double precision NOT NULL DEFAULT 0,
    status integer NOT NULL DEFAULT 500,
    retry_after integer,
    record text NOT NULL DEFAULT '',
    spoil text NOT NULL DEFAULT 'amount'
)
"""
COLUMNS = (
    "sandbox, name, kind, method, path, body_contains, remaining, seconds, status,"
    " retry_after, record, spoil"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One fault.

    kind: `refuse` (reset before the request is read, nothing done), `stall` (wait `seconds`,
      then serve), `throttle` (429, `retry_after` optional), `throttle_date` (429, to come back
      at a moment, by a clock that is `seconds` ahead), `error` (`status`, nothing done),
      `unauthorized` (401, as for a token that has ended),
      `drop` (done, then reset without a reply), `cut` (done, half the body, then closed),
      `error_after` (done, yet `status` is answered), `garble` (one record of a page is
      unreadable in this answer), `mangle_json` (done, the body is cut to invalid JSON), `garbage`
      (done, the body is no JSON at all), `repeat_rows` (its records stand twice in the answer),
      `reorder` (its records stand in another order), `lag` (its newest record is not yet in the
      answer), `replay` (the answer that the same path gave before).
    path, method: shell patterns; body_contains: a substring of the request's body.
    times: how many answers it spoils.
    record, spoil: for `garble`, a value (such as an id) that marks the record, else the first;
      and what is spoiled: `amount` or `id`.
    name: a rule with a name is armed once only, however often it is armed.
    """

    kind: str
    sandbox: str = "*"
    name: str | None = None
    method: str = "*"
    path: str = "*"
    body_contains: str = ""
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    retry_after: int | None = None
    record: str = ""
    spoil: str = "amount"

    def __post_init__(self) -> None:
        if self.kind not in BEFORE + AFTER:
            raise ValueError(f"{self.kind!r} is no kind of fault: {', '.join(BEFORE + AFTER)}.")
        if self.spoil not in ("amount", "id"):
            raise ValueError(f"{self.spoil!r} cannot be spoiled: amount or id.")

    def fits(self, method: str, path: str, body: bytes) -> bool:
        return (
            fnmatchcase(method, self.method)
            and fnmatchcase(path, self.path)
            and self.body_contains.encode() in body
        )


@dataclass(frozen=True, slots=True)
class ArmedFault:
    id: int
    rule: FaultRule


def create_table(connection: Connection) -> None:
    connection.execute(SCHEMA)


def arm(connection: Connection, rule: FaultRule) -> None:
    """Arm a rule; it is in force for every request that starts after the commit."""
    connection.execute(
        f"INSERT INTO sandbox_fault ({COLUMNS})"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (name) DO NOTHING",
        (
            rule.sandbox, rule.name, rule.kind, rule.method, rule.path, rule.body_contains,
            rule.times, rule.seconds, rule.status, rule.retry_after, rule.record, rule.spoil,
        ),
    )  # fmt: skip


def disarm(connection: Connection, name: str) -> None:
    """End a named rule, however often it could still have struck."""
    connection.execute("UPDATE sandbox_fault SET remaining = 0 WHERE name = %s", (name,))


def read_rules(path: Path) -> list[FaultRule]:
    """Rules from a JSON file: a list of objects with the names of FaultRule's fields."""
    return [FaultRule(**rule) for rule in json.loads(path.read_text(encoding="utf-8"))]


class FaultBook:
    """The rules that are armed for one sandbox."""

    def __init__(self, database: Database, sandbox: str) -> None:
        self._database = database
        self._sandbox = sandbox

    def armed(self) -> list[ArmedFault]:
        """In the order in which they were armed; one small query when there are none."""
        with self._database.connection() as connection:
            rows = connection.execute(
                f"SELECT id, {COLUMNS} FROM sandbox_fault"
                " WHERE remaining > 0 AND sandbox IN ('*', %s) ORDER BY id",
                (self._sandbox,),
            ).fetchall()
        return [_armed(row) for row in rows]

    def take(
        self, armed: Sequence[ArmedFault], fits: Callable[[FaultRule], bool]
    ) -> FaultRule | None:
        """Count down the first rule that fits and still has an answer left to spoil."""
        for fault in armed:
            if fits(fault.rule) and self._count_down(fault.id):
                return fault.rule
        return None

    def close(self) -> None:
        """Let the idle connections go; they are the simulator's too."""
        self._database.close()

    def _count_down(self, fault: int) -> bool:
        # A plain UPDATE waits for a concurrent taker and looks again at what is left;
        # skipping locked rows would let a request through although answers are left to spoil.
        with self._database.connection() as connection:
            taken = connection.execute(
                "UPDATE sandbox_fault SET remaining = remaining - 1"
                " WHERE id = %s AND remaining > 0",
                (fault,),
            )
        return taken.rowcount == 1


def _armed(row: tuple[Any, ...]) -> ArmedFault:
    identity, sandbox, name, kind, method, path, body, left, seconds, status, after, rec, sp = row
    rule = FaultRule(
        kind=kind, sandbox=sandbox, name=name, method=method, path=path, body_contains=body,
        times=left, seconds=seconds, status=status, retry_after=after, record=rec, spoil=sp,
    )  # fmt: skip
    return ArmedFault(identity, rule)


def garble(payload: dict[str, Any], rule: FaultRule) -> dict[str, Any] | None:
    """The payload with one record of its first list spoiled; None when there is no such record.

    The original is left as it was: the next answer is right again.
    """
    for key, records in payload.items():
        if not isinstance(records, list):
            continue
        for place, record in enumerate(records):
            spoiled = _spoil(record, rule)
            if spoiled is not None:
                return {**payload, key: [*records[:place], spoiled, *records[place + 1 :]]}
    return None


def _spoil(record: Any, rule: FaultRule) -> dict[str, Any] | None:
    if not isinstance(record, dict):
        return None
    if rule.record and rule.record not in {str(value) for value in record.values()}:
        return None
    names = [name for name in record if name == rule.spoil or name.endswith("_" + rule.spoil)]
    if not names:
        return None
    if rule.spoil == "id":
        return {name: value for name, value in record.items() if name != names[0]}
    amount = f"{float(record[names[0]]):.2f}".replace(".", ",")
    return {**record, names[0]: amount[:-1] + "O"}

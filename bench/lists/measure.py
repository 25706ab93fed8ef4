"""How long the server takes over a request, and how many questions it asks of the database.

A request goes through every middleware in this process, with no network between; its time ends when
the last byte of the answer is there. What says who is asking (session, person, roles, API key) is
counted apart: those are the same few statements for every page, found by their key.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection
from django.test import Client

from bench.hub import Cost
from bench.lists.asked import Asked

#: Tables that say who is asking.
WHO: Final = re.compile(
    r'"(django_session|auth_user|auth_group|auth_user_groups|audit_signedin|audit_apikey)"'
)
FRAGMENT: Final = {"HX-Request": "true", "HX-Target": "list"}


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: Any
    ms: float

    @property
    def is_who(self) -> bool:
        return bool(WHO.search(self.sql)) or not self.sql.startswith(
            ("SELECT", "WITH", "INSERT", "UPDATE")
        )


@dataclass(slots=True)
class Measured:
    """One address: milliseconds of each run, the statements of the last one."""

    asked: Asked
    status: int = 0
    #: Of processors, this process and its database session together, for each run on average.
    cpu_ms: float = 0.0
    ms: list[float] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.ms)

    @property
    def queries(self) -> int:
        return sum(1 for each in self.statements if not each.is_who)

    @property
    def slowest(self) -> Statement:
        return max(self.statements, key=lambda each: each.ms)

    def line(self) -> str:
        return (
            f"{self.median:7.1f} ms  max {max(self.ms):7.1f}  cpu {self.cpu_ms:6.1f}"
            f"  {self.queries:2} queries"
            f"  {self.status}  {self.asked}"
        )


def measure(client: Client, asked: Asked, runs: int, *, is_warm: bool = False) -> Measured:
    """One run to warm up unless it is warm, then `runs` that count."""
    found = Measured(asked)
    headers = FRAGMENT if asked.is_part else {}
    cost = Cost()
    for run in range(1 if is_warm else 0, runs + 1):
        if run == 1:
            cost = Cost()
        with _noted() as statements:
            began = time.perf_counter()
            response = client.get(asked.url, headers=headers)
            whole = response.content
            took = 1000 * (time.perf_counter() - began)
        if response.status_code not in (200, 302) or response.streaming or whole is None:
            raise AssertionError(f"{asked} was answered {response.status_code}.")
        if run:
            found.ms.append(took)
        found.status, found.statements = response.status_code, statements
    found.cpu_ms = 1000 * cost.so_far()[1] / runs
    return found


@contextmanager
def _noted() -> Any:
    """The statements of a request with their times; cheaper than Django's own log of them."""
    statements: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append(Statement(sql, params, 1000 * (time.perf_counter() - began)))

    with connection.execute_wrapper(note):
        yield statements


def explained(statement: Statement) -> str:
    """The plan of a statement with what it did; empty where there is none to be had."""
    if not statement.sql.startswith(("SELECT", "WITH")):
        return ""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement.sql, statement.params)
        return "\n".join(line for (line,) in cursor.fetchall())

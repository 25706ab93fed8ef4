"""The pipeline of one worker: stored event → booked → decided → posted → recorded.

Against it an honest loop over the same events: Django's ORM, an event and an ERP request at a time,
the same parser, the same rules, the same rows at the end. Invoices are read live in the ERP, as
they have to be: by the loop each by itself, by the pipeline a portion at a time.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator

from django.db import connection

from bench import hub
from bench.by_one import work_off
from bench.frame import Figure, at_least
from bench.stub_erp import erp_answering_in

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
EVENTS = int(os.environ.get("BENCH_EVENTS", "6000"))
#: The loop's rate does not depend on how many there are.
EVENTS_BY_ONE = max(EVENTS // 20, 100)
#: What has to be the same at the end, by event: rows of ours and rows of the loop.
TABLES = (
    "integrations_fact",
    "reconciliation_transaction",
    "reconciliation_transactionhistory",
    "reconciliation_effect",
    "reconciliation_reservation",
    "integrations_posting",
    "integrations_attempt",
)


def figures() -> Iterator[Figure]:
    hub.stub_the_erp()
    hub.one_lane()
    for milliseconds, goal in ((20, 25), (0, 10)):
        with erp_answering_in(milliseconds) as url:
            ours, other, used, used_by_one = _rounds(url)
        name = f"pipeline events/s, one worker, ERP answering in {milliseconds} ms"
        note = (
            f"ms of processors (worker and its session) per event: {used:.2f} to {used_by_one:.2f}"
        )
        yield at_least(name, ours, other, goal, note)


def _rounds(url: str) -> tuple[float, float, float, float]:
    """Medians of rounds taken in turns: events/s of both, processor milliseconds of both."""
    ours: list[tuple[float, float]] = []
    other: list[tuple[float, float]] = []
    for turn in range(ROUNDS):
        steps = [(ours, EVENTS, _drain), (other, EVENTS_BY_ONE, _by_one)]
        for found, count, run in steps if turn % 2 == 0 else reversed(steps):
            found.append(run(url, count))
    rate, used = (statistics.median(column) for column in zip(*ours, strict=True))
    rate_by_one, used_by_one = (statistics.median(column) for column in zip(*other, strict=True))
    return rate, rate_by_one, used, used_by_one


def _drain(url: str, count: int) -> tuple[float, float]:
    hub.empty()
    pair = hub.set_up(url)
    hub.store(pair, count)
    hub.settle_tables()
    cost = hub.Cost()
    hub.drain()
    seconds, used = cost.so_far()
    _same_rows(count)
    return count / seconds, 1000 * used / count


def _by_one(url: str, count: int) -> tuple[float, float]:
    hub.empty()
    pair = hub.set_up(url)
    hub.store(pair, count)
    hub.settle_tables()
    cost = hub.Cost()
    work_off(pair)
    seconds, used = cost.so_far()
    _same_rows(count)
    return count / seconds, 1000 * used / count


def _same_rows(count: int) -> None:
    """Every event has left its row in every table, and its document is posted."""
    batches = (count + hub.A_DAY - 1) // hub.A_DAY
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  (our own names)
            (found,) = cursor.fetchone() or (0,)
            of_batches = table in ("reconciliation_effect", "integrations_posting")
            of_batches = of_batches or table == "integrations_attempt"
            wanted = count + (batches if of_batches else 0)
            if found != wanted:
                raise AssertionError(f"{table} has {found} rows, not {wanted}.")
    hub.all_posted(count)

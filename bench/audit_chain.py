"""What chaining costs: entries recorded and sealed in batches, against entries only recorded."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator

from django.db import transaction

from audit import services as audit
from audit.services import EntryDraft
from bench import hub
from bench.frame import Figure, at_least

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
#: So many entries are recorded in one transaction, as a worker does with a set of documents.
AT_ONCE = 500


def figures() -> Iterator[Figure]:
    chained: list[float] = []
    unchained: list[float] = []
    for turn in range(ROUNDS):
        ways = [(chained, True), (unchained, False)]
        for rates, seals in ways if turn % 2 == 0 else reversed(ways):
            rates.append(_rate(seals=seals))
    ours, other = statistics.median(chained), statistics.median(unchained)
    yield at_least("audit entries/s, chained in batches against unchained", ours, other, 0.5)


def _rate(*, seals: bool) -> float:
    hub.empty()
    began = time.perf_counter()
    for start in range(0, ENTRIES, AT_ONCE):
        with transaction.atomic():
            audit.record_many(_entry(number) for number in range(start, start + AT_ONCE))
    if seals and audit.seal_all() != ENTRIES:
        raise AssertionError("Not every entry was sealed.")
    return ENTRIES / (time.perf_counter() - began)


def _entry(number: int) -> EntryDraft:
    """What a posted document leaves."""
    return EntryDraft(
        "posting.posted",
        ("posting", str(number)),
        actor="worker",
        summary="",
        details={
            "key": f"SOA|paytrace:bench|tx:{400_000_000 + number}|receipt|1",
            "document": f"CR-{number:07d}",
            "code": "",
            "attempt": 1,
        },
    )

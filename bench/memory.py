"""A worker that drains few events and ten times as many: its memory must not grow.

Nor may its speed fall much: whoever looks for what is due must not step over what is done.

`BENCH_FULL=1` takes 100,000 and 1,000,000 events, which takes the better part of an hour; without,
a tenth of both, and with `BENCH_EVENTS=N` N and ten times N. A portion is reached by a few thousand
events: fewer say nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import hub
from bench.frame import Figure, at_least, at_most, below
from bench.stub_erp import erp_answering_in
from integrations.services import lanes

ROOT = Path(__file__).resolve().parent.parent
FULL = 100_000
FEW = FULL if os.environ.get("BENCH_FULL") == "1" else int(os.environ.get("BENCH_EVENTS", "10000"))
MANY = 10 * FEW
WITHIN = 1.10
AS_FAST = 0.7
LOOK_MS = 50


def figures() -> Iterator[Figure]:
    with erp_answering_in(0) as url:
        few, many = _drained(url, FEW), _drained(url, MANY)
    look = _look_ms()
    against = f"{MANY:,} events drained against {FEW:,}"
    yield at_most(f"peak MB of a worker, {against}", many["peak_mb"], few["peak_mb"], WITHIN)
    yield below(f"ms of a look for work in every lane, {MANY:,} events done", look, LOOK_MS)
    yield at_least(f"events/s of a worker, {against}", many["a_second"], few["a_second"], AS_FAST)


def _look_ms() -> float:
    """What an idle worker asks over and over: the best of some."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        for lane in lanes.lane_names():
            lanes.waiting(lane)
        took.append(time.perf_counter() - began)
    return 1000 * min(took)


def _drained(url: str, count: int) -> dict[str, float]:
    """In a process of its own, in which nothing else has been done."""
    hub.empty()
    hub.store(hub.set_up(url), count)
    hub.settle_tables()
    command = [sys.executable, "-m", "bench.one_worker", str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found

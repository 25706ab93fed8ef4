"""Draining a backlog: our lane over stored rows against django-q2 with one task an event.

Both have an empty handler, and both run in django-q2's own cluster: ours is one wake-up task, in
which a lane claims rows in sets; the peer's is a task for each event. Enqueueing is not counted.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection
from django_q.models import OrmQ

from bench import hub
from bench.frame import Figure, at_least
from integrations.models import Lane
from integrations.services import lanes

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
#: Fast ones get more, so that each drain takes about a second or more.
OURS, DEFAULT, BEST = 100_000, 250, 2_500
#: Whoever takes longer is measured by what was done until then.
LONGEST = 30.0
ENQUEUE = """
import django, sys
django.setup()
from django_q.tasks import async_task
for number in range(int(sys.argv[1])):
    async_task("bench.jobs.done", number)
"""


def figures() -> Iterator[Figure]:
    ways: dict[str, Callable[[], float]] = {"ours": _ours, "default": _default, "best": _best}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name in list(ways) if turn % 2 == 0 else reversed(ways):
            found[name].append(ways[name]())
    rates = {name: statistics.median(some) for name, some in found.items()}
    name = "empty events drained/s against one django-q2 task an event"
    yield at_least(f"{name}, default settings", rates["ours"], rates["default"], 50)
    yield at_least(f"{name}, its best ORM settings", rates["ours"], rates["best"], 10)


def _ours() -> float:
    hub.empty()
    hub.set_up()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO integrations_envelope (connection_id, source, kind, name, identity,"
            " received_at, business_at, headers, context, key_id, body, size, original_hash,"
            " guard_findings, state, problem)"
            " SELECT (SELECT id FROM integrations_connection WHERE slug = 'bench-gateway'),"
            " 'pull', 'bench', '', 'bench:' || n, now(), now(), '{}', '{}', 'none',"
            " decode(repeat('00', 500), 'hex'), 500, '', '[]', 'received', ''"
            " FROM generate_series(1, %s) n",
            [OURS],
        )
    hub.settle_tables()
    Lane.objects.get_or_create(name="bench")
    lanes._looked.clear()
    lanes.wake("bench")
    return _drained(OURS, [sys.executable, "manage.py", "qcluster"], "bench.lane_settings", {})


def _default() -> float:
    return _one_task_an_event(DEFAULT, {"BENCH_BEST": "0"})


def _best() -> float:
    return _one_task_an_event(BEST, {"BENCH_BEST": "1"})


def _one_task_an_event(count: int, more: Mapping[str, str]) -> float:
    hub.empty()
    env = {**os.environ, **more, "DJANGO_SETTINGS_MODULE": "bench.peer_settings"}
    enqueue = [sys.executable, "-c", ENQUEUE, str(count)]
    subprocess.run(enqueue, cwd=ROOT, env=env, check=True, stderr=subprocess.DEVNULL)
    if OrmQ.objects.count() != count:
        raise AssertionError("Not every task was enqueued.")
    hub.settle_tables()
    cluster = [sys.executable, "-m", "django", "qcluster"]
    return _drained(count, cluster, "bench.peer_settings", more)


def _drained(count: int, command: list[str], module: str, more: Mapping[str, str]) -> float:
    """Events a second, from the first that was done to the last."""
    with tempfile.NamedTemporaryFile(dir=settings.TIEOUT_HOME) as sink:
        env = {**os.environ, **more, "DJANGO_SETTINGS_MODULE": module, "BENCH_SINK": sink.name}
        with _running(command, env):
            return _rate(Path(sink.name), count)


def _rate(sink: Path, count: int) -> float:
    began, first, at_first = time.perf_counter(), 0.0, 0
    while True:
        time.sleep(0.002)
        finished, now = sink.stat().st_size, time.perf_counter()
        if finished and not at_first:
            first, at_first = now, finished
        if finished >= count or now - (first or began) > LONGEST:
            break
    if finished <= at_first:
        raise AssertionError(f"Only {finished} of {count} were done.")
    return (finished - at_first) / (now - first)


@contextmanager
def _running(command: list[str], env: Mapping[str, str]) -> Iterator[None]:
    """A cluster in a process group of its own, all of which ends with the block."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield
    finally:
        below = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        psutil.wait_procs(below, timeout=10)

"""Every list of the console and the API over BENCH_ROWS payments (a million): time and questions.

Every filter, all pairs of filters, each sort, deep pages, searches; then the dashboard, finding and
the pages of single things. The goal for a list: under 60 ms, at most 5 questions besides who is
asking, as the web server asks (`config.database`). On stderr: the slowest addresses, and the plans
of those beyond the goal.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from audit import keys
from audit.scopes import Scope
from bench import hub
from bench.frame import Figure, at_most, below
from bench.lists import asked
from bench.lists.asked import Asked, Words
from bench.lists.fill import DAYS, fill
from bench.lists.measure import Measured, explained, measure
from config.database import plan_for_pages
from integrations.clock import wall_now
from reconciliation.models import Transaction

ROWS: Final = int(os.environ.get("BENCH_ROWS", "1000000"))
RUNS: Final = int(os.environ.get("BENCH_ROUNDS", "7"))
#: Of the hundreds of pairs of filters of a list, so many are asked, spread evenly; once each, and
#: again where that took more than half of the goal.
PAIRS: Final = int(os.environ.get("BENCH_PAIRS", "1000"))
MOST_MS, MOST_QUERIES = 60, 5
SHOWN, EXPLAINED = 10, 6


def figures() -> Iterator[Figure]:
    settings.ALLOWED_HOSTS = ["*"]
    settings.TIEOUT_API_CALLS_PER_MINUTE = 10_000_000
    logging.disable(logging.ERROR)
    plan_for_pages()
    connection.close()
    if not Transaction.objects.exists():
        yield _filled()
    person, key = callers()
    words = Words.found()
    for page in chosen(asked.CONSOLE):
        yield from _list_figures(page, person, words)
    for page in chosen(asked.API):
        yield from _list_figures(page, key, words)
    yield from _page_figures(person, key, words)
    yield from _export_figures()


def chosen(pages: tuple[str, ...]) -> list[str]:
    """Only the pages that BENCH_PAGES names, if it names any."""
    wanted = os.environ.get("BENCH_PAGES", "").split()
    return [page for page in pages if not wanted or page in wanted]


def _filled() -> Figure:
    began = time.perf_counter()
    fill(ROWS, DAYS)
    hub.settle_tables()
    name = f"seconds to fill {ROWS:,} payments and what belongs to them"
    return Figure(name, time.perf_counter() - began, None, None, "none", None)


def callers() -> tuple[Client, Client]:
    """A person with every role at the console, whose frame asks most; and an API key."""
    user, is_new = User.objects.get_or_create(username="bench")
    if is_new:
        user.groups.set(Group.objects.all())
    person = Client()
    person.force_login(user)
    text = keys.create(
        f"bench-{time.time_ns()}", user, [Scope.READ], wall_now().replace(year=2100), "system"
    )[1]
    return person, Client(headers={"Authorization": f"Bearer {text}"})


def _list_figures(page: str, client: Client, words: Words) -> Iterator[Figure]:
    close, pairs = asked.asked_of(page, words)
    found = [measure(client, each, RUNS) for each in close]
    for each in pairs[:: max(1, -(-len(pairs) // PAIRS))] if PAIRS else []:
        first = measure(client, each, 1, is_warm=True)
        found.append(first if first.median < MOST_MS / 2 else measure(client, each, RUNS))
    first_page = next(each for each in found if each.asked == Asked(page))
    yield _slowest(f"ms of the server, first page of {page}", [first_page])
    yield _slowest(f"ms of the server, slowest of {len(found)} addresses of {page}", found)
    yield _most_asking(f"questions of the database, most of {page}", found, MOST_QUERIES)
    _tell(found)


def _page_figures(person: Client, key: Client, words: Words) -> Iterator[Figure]:
    for each in asked.other_pages(words):
        if not chosen((each.page,)):
            continue
        client = key if each.page.startswith("/api/") else person
        found = measure(client, each, RUNS)
        note = (
            f"{found.queries} questions, max {max(found.ms):.0f}, {found.cpu_ms:.0f} of processors"
        )
        yield below(f"ms of the server, {each}", found.median, MOST_MS, note)
        _tell([found])


def _export_figures() -> Iterator[Figure]:
    """A file of all payments, against one of the last tenth of their days: memory must not grow."""
    page = "/transactions/"
    if not chosen((page,)):
        return
    since = wall_now().date() - timedelta(days=DAYS // 10)
    few = _exported(f"{page}?export=csv&since={since}")
    many = _exported(f"{page}?export=csv")
    for found in (few, many):
        note = f"{found['first_byte_ms']:.0f} ms to its first byte"
        name = f"seconds of a CSV file of {found['rows']:,} payments"
        yield Figure(name, found["seconds"], None, None, "none", None, note)
    name = f"peak MB of a CSV file, {many['rows']:,} payments against {few['rows']:,}"
    yield at_most(name, many["peak_mb"], few["peak_mb"], 1.10)


def _exported(address: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.lists.one_export", address]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _slowest(name: str, found: list[Measured]) -> Figure:
    worst = max(found, key=lambda each: each.median)
    beyond = sum(each.median > MOST_MS for each in found)
    note = f"median of {len(worst.ms)}, max {max(worst.ms):.1f}, {worst.cpu_ms:.0f} of processors"
    note = f"{note}: {worst.asked}"
    if beyond > 1:
        note = f"{beyond} addresses beyond the goal; {note}"
    return below(name, worst.median, MOST_MS, note)


def _most_asking(name: str, found: list[Measured], goal: int) -> Figure:
    worst = max(found, key=lambda each: each.queries)
    asking = len(worst.statements) - worst.queries
    note = f"and {asking} for who is asking: {worst.asked}"
    return below(name, worst.queries, goal, note)


def _tell(found: list[Measured]) -> None:
    """On stderr: the slowest, and the plans of those beyond the goal."""
    worst = sorted(found, key=lambda each: -each.median)
    for each in worst[:SHOWN]:
        print(each.line(), file=sys.stderr)
    for each in worst[:EXPLAINED]:
        if each.median > MOST_MS:
            print(f"\n{each.line()}\n{explained(each.slowest)}\n", file=sys.stderr, flush=True)

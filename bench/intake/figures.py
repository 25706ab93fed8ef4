"""Webhook intake as it ships, in turns with what anybody would write or take instead.

All run on the same kind of server (granian, 2 workers with 8 threads), against the same PostgreSQL,
and get the same events from the same load. Ratios are medians over the rounds of the ratio within
one round: what else the machine does meanwhile mostly hits both alike.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import psutil
import psycopg
from django.conf import settings

from bench.frame import Figure, at_least, at_most, exactly, not_measured
from bench.intake import load, minimal_table
from bench.intake.servers import ROOT, Served, cpu_seconds, serving
from config.embedded import Server
from integrations.models import Connection
from integrations.services import vault

SECRET: Final = os.environ.setdefault("BENCH_SECRET", "whsec_measured_only")
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "2"))
CONNECTIONS: Final = (8, 32)
PEER_PYTHON: Final = ROOT / "bench" / ".venv" / "bin" / "python"
SLUG: Final = "shop"

OURS, MINIMAL, SERIALIZER, DJSTRIPE = "tieout", "minimal", "serializer", "dj-stripe"


@dataclass(frozen=True, slots=True)
class Measured:
    """One load on one server: requests a second, p99 in ms, CPU ms an event, and what was kept."""

    rate: float
    p99_ms: float
    cpu_ms: float
    answered: int
    refused: int
    stored: int


def figures() -> Iterator[Figure]:
    postgres = Server(settings.TIEOUT_HOME)
    with contextlib.ExitStack() as stack:
        servers, missing = start(stack, postgres)
        load.SECRET = SECRET.encode()
        found = measure(servers, postmaster(postgres))
        yield from compared(found, missing)
        yield from counted(servers[0], found)


# Servers


def start(stack: contextlib.ExitStack, postgres: Server) -> tuple[list[Served], str]:
    """All servers, Tieout's first; and why dj-stripe is not among them, if so."""
    ours = str(settings.DATABASES["default"]["NAME"])
    peers = f"{ours}_peers"
    postgres.drop_database(peers)
    postgres.ensure_database(peers)
    stack.callback(postgres.drop_database, peers)
    servers = [serve_tieout(stack, postgres.url(ours))]
    environment = peer_environment(postgres, peers)
    with psycopg.connect(postgres.url(peers), autocommit=True) as session:
        session.execute(minimal_table.TABLE)
    port, pid = stack.enter_context(serving("bench.intake.minimal:application", environment))
    url = postgres.url(peers)
    servers.append(Served(MINIMAL, port, "/minimal", pid, "inbox", url))
    servers.append(Served(SERIALIZER, port, "/serializer", pid, "inbox", url))
    try:
        servers.append(serve_djstripe(stack, environment, url))
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        return servers, f"dj-stripe does not run here: {said.strip().splitlines()[-1][:200]}"
    return servers, ""


def serve_tieout(stack: contextlib.ExitStack, url: str) -> Served:
    """The product in production's mode, as behind a proxy that ends TLS."""
    row = Connection.objects.create(
        slug=SLUG, name="Measured", connector="paytrace", account="measured", environment="sandbox"
    )
    vault.set_credential(row, vault.WEBHOOK_SECRET, SECRET)
    environment = {
        **os.environ,
        "TIEOUT_MODE": "production",
        "TIEOUT_ALLOWED_HOSTS": "127.0.0.1",
        "TIEOUT_BEHIND_PROXY": "true",
    }
    port, pid = stack.enter_context(serving("config.wsgi:application", environment))
    return Served(OURS, port, f"/hooks/{SLUG}/", pid, "integrations_envelope", url)


def peer_environment(postgres: Server, database: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TIEOUT_", "DJANGO_"))}
    entry = {"NAME": database, "USER": "tieout", "HOST": str(postgres.socket)}
    return {**kept, "BENCH_DATABASE": json.dumps(entry), "BENCH_SECRET": SECRET}


def serve_djstripe(stack: contextlib.ExitStack, environment: dict[str, str], url: str) -> Served:
    if not PEER_PYTHON.exists():
        raise OSError("bench/.venv is not there; `make bench` makes it")
    module = "bench.intake.djstripe_peer"
    made = subprocess.run(
        [str(PEER_PYTHON), "-m", module],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    path = made.stdout.strip().splitlines()[-1]
    port, pid = stack.enter_context(serving(f"{module}:application", environment, str(PEER_PYTHON)))
    return Served(DJSTRIPE, port, path, pid, "djstripe_webhookeventtrigger", url, "stripe")


def postmaster(postgres: Server) -> int:
    with postgres.connect() as session:
        return psutil.Process(session.info.backend_pid).ppid()


# Loads

Found = dict[tuple[str, int], list[Measured]]


def measure(servers: list[Served], postgres_pid: int) -> Found:
    """Every server under every number of connections, round by round, forwards and backwards."""
    found: Found = defaultdict(list)
    for server in servers:
        send(server, max(CONNECTIONS), 1.0)
    for number in range(ROUNDS):
        for connections in CONNECTIONS:
            for server in servers if number % 2 == 0 else servers[::-1]:
                one = measured(server, connections, postgres_pid)
                found[server.name, connections].append(one)
    return found


def measured(server: Served, connections: int, postgres_pid: int) -> Measured:
    before = rows(server)
    cpu = cpu_seconds([server.pid, postgres_pid])
    done = send(server, connections, SECONDS)
    cpu = cpu_seconds([server.pid, postgres_pid]) - cpu
    rate = done["answered"] / done["seconds"]
    return Measured(
        rate=rate,
        p99_ms=done["p99_ms"],
        cpu_ms=cpu / max(done["answered"], 1) * 1000,
        answered=done["answered"],
        refused=done["refused"],
        stored=rows(server) - before,
    )


def send(server: Served, connections: int, seconds: float) -> dict[str, Any]:
    """One load from a process of its own."""
    command = [
        *(sys.executable, "-m", "bench.intake.load", str(server.port), server.path),
        *("--connections", str(connections), "--seconds", str(seconds)),
        *("--scheme", server.scheme),
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def rows(server: Served) -> int:
    with psycopg.connect(server.database, autocommit=True) as session:
        found = session.execute(f"SELECT count(*) FROM {server.table}").fetchone()  # noqa: S608
        return int(found[0]) if found else 0


# Lines


def compared(found: Found, missing: str) -> Iterator[Figure]:
    for connections in CONNECTIONS:
        name = f"intake req/s, {connections} connections, against a "
        yield ratio(found, connections, MINIMAL, "rate", name + "minimal Django view", 0.75)
        yield ratio(found, connections, SERIALIZER, "rate", name + "DRF view with serializer", 1.5)
        peer = f"intake req/s, {connections} connections, against dj-stripe's view"
        if missing:
            yield not_measured(peer, ">= 2.5", missing)
        else:
            yield ratio(found, connections, DJSTRIPE, "rate", peer, 2.5)
        name = f"intake CPU ms an event (with PostgreSQL), {connections} connections, "
        yield ratio(found, connections, MINIMAL, "cpu_ms", name + "against a minimal view", 1.5)
    name = "intake p99 ms, 8 connections, against a minimal view"
    yield ratio(found, 8, MINIMAL, "p99_ms", name, 3)


def ratio(found: Found, connections: int, other: str, what: str, name: str, goal: float) -> Figure:
    """The median ratio of the rounds, with both medians beside it."""
    ours = [getattr(one, what) for one in found[OURS, connections]]
    theirs = [getattr(one, what) for one in found[other, connections]]
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    make = at_least if what == "rate" else at_most
    return make(
        name,
        statistics.median(ours),
        statistics.median(theirs),
        goal,
        f"rounds {min(each):.2f} to {max(each):.2f}",
        ratio=statistics.median(each),
    )


def counted(ours: Served, found: Found) -> Iterator[Figure]:
    loads = [one for (name, _), ones in found.items() if name == OURS for one in ones]
    stored, answered = sum(one.stored for one in loads), sum(one.answered for one in loads)
    refused = sum(one.refused for one in loads)
    yield exactly("intake rows stored for events answered 202", stored, answered)
    yield exactly("intake events refused under load", refused, 0)
    yield repeats(ours)
    yield at_once(ours)


def repeats(ours: Served, events: int = 200, times: int = 3) -> Figure:
    """The same events one after the other, again and again."""
    before = rows(ours)
    waiting = list(load.requests(ours.path, events))
    for _ in range(times):
        done = load.run(ours.port, list(waiting), 8, 60)
        if done.refused:
            return exactly("intake repeats refused", done.refused, 0)
    name = f"intake rows of {events} events sent {times} times each"
    return exactly(name, rows(ours) - before, events)


def at_once(ours: Served, events: int = 20, times: int = 32) -> Figure:
    """Each event from 32 connections at the same moment."""
    before = rows(ours)
    refused = 0
    for request in load.requests(ours.path, events):
        done = load.run(ours.port, [request] * times, times, 0)
        refused += done.refused
    name = f"intake rows of {events} events delivered {times} times at once"
    return exactly(name, rows(ours) - before, events, f"{refused} refused")

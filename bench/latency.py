"""From the answer to a webhook to the moment when a worker has read it, on an idle system.

The product as it ships: granian and `manage.py qcluster`, and a gateway that answers at once. What
is taken as the start of processing is `read_at` of the envelope, which is written at the end of its
first step: the true figure is a little smaller. Both clocks are the machine's.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from bench import hub
from bench.frame import Figure, below
from bench.stub_erp import erp_answering_in
from integrations.models import Envelope, Lane, Pair
from integrations.services import vault
from integrations.webhook_signature import sign

ROOT = Path(__file__).resolve().parent.parent
PROBES = int(os.environ.get("BENCH_PROBES", "60"))
SECRET = "whsec_YmVuY2ggb25seSwgbm90IGEgc2VjcmV0"
#: So long the system has been idle before each probe, in seconds, more or less.
IDLE = (0.3, 0.9)


def figures() -> Iterator[Figure]:
    with erp_answering_in(0) as url, ExitStack() as running:
        hub.empty()
        pair = _gateway_at(url)
        port = _free_port()
        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1"]
        web += ["--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(port)]
        running.enter_context(_running([*web, "config.wsgi:application"]))
        running.enter_context(_running([sys.executable, "manage.py", "qcluster"]))
        answered = _probe(f"http://127.0.0.1:{port}/hooks/{pair.gateway.slug}/")
        waits = sorted(_waits(pair, answered))
    p50, p99 = statistics.median(waits), waits[int(len(waits) * 0.99)]
    note = f"of {len(waits)} webhooks, p99 {p99:.0f} ms, by LISTEN and NOTIFY"
    yield below("ms from a webhook's answer until it was read, idle, p50", p50, 20, note)


def _gateway_at(url: str) -> Pair:
    pair = hub.set_up()
    pair.gateway.settings = {**pair.gateway.settings, "base_url": url}
    pair.gateway.save()
    vault.set_credential(pair.gateway, vault.WEBHOOK_SECRET, SECRET)
    return pair


def _probe(url: str) -> dict[str, float]:
    """One webhook after the other; when each was answered, by its id."""
    answered: dict[str, float] = {}
    with httpx.Client() as client:
        _wait_ready(client, url)
        for number in range(PROBES):
            time.sleep(random.uniform(*IDLE))
            name = f"probe-{number}"
            if _send(client, url, name) != httpx.codes.ACCEPTED:
                raise AssertionError("A webhook was not accepted.")
            answered[name] = time.time()
    time.sleep(2)
    return answered


def _wait_ready(client: httpx.Client, url: str) -> None:
    """Until the web server answers and every lane that stays is at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            is_up = _send(client, url, f"warm-{time.time()}") == httpx.codes.ACCEPTED
        except httpx.TransportError:
            continue
        if is_up and Lane.objects.filter(name="receive", beat_at__isnull=False).exists():
            return
    raise AssertionError("The product did not come up.")


def _send(client: httpx.Client, url: str, name: str) -> int:
    body = json.dumps({"kind": "transaction", "vendor_id": name, "event_id": name}).encode()
    now = int(time.time())
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, name, now, body),
        "content-type": "application/json",
    }
    return client.post(url, content=body, headers=headers).status_code


def _waits(pair: Pair, answered: dict[str, float]) -> Iterator[float]:
    read = dict(
        Envelope.objects.filter(connection=pair.gateway, kind="hint").values_list(
            "identity", "read_at"
        )
    )
    for name, at in answered.items():
        found = next((moment for identity, moment in read.items() if name in identity), None)
        if found is None:
            raise AssertionError(f"{name} was never read.")
        yield 1000 * (found - datetime.fromtimestamp(at, UTC)).total_seconds()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    """A part of the product in a process group of its own, all of which ends with the block."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield
    finally:
        below_it = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        psutil.wait_procs(below_it, timeout=10)

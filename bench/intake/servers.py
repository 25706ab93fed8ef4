"""Granian servers on loopback, each with the same workers and threads, and what they cost."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).resolve().parent.parent.parent
WORKERS: Final = 2
THREADS: Final = 8
START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers, and where."""

    name: str
    port: int
    path: str
    pid: int
    table: str
    database: str
    scheme: str = "standard"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(
    application: str, environment: Mapping[str, str], python: str = sys.executable
) -> Iterator[tuple[int, int]]:
    """A server of this application: its port and process id. Ends with the block."""
    port = free_port()
    command = [
        *(python, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(WORKERS), "--blocking-threads", str(THREADS)),
        *("--log-level", "error", application),
    ]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(server, port, log)
            yield port, server.pid
        finally:
            end(server)


def wait_for(server: subprocess.Popen[bytes], port: int, log: object) -> None:
    """Until every worker listens: the port answers before the last one does."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError, psutil.Error):
            workers = psutil.Process(server.pid).children(recursive=True)
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            if len(workers) >= WORKERS:
                time.sleep(1)
                return
        time.sleep(0.1)
    log.seek(0)  # type: ignore[attr-defined]
    said = log.read().decode(errors="replace")  # type: ignore[attr-defined]
    raise RuntimeError(f"The server on port {port} does not answer: {said[-2000:]}")


def end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU that these processes and all below them have used, those that ended included."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            spent = process.cpu_times()
            total += spent.children_user + spent.children_system
            for each in [process, *process.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = each.cpu_times()
                    total += times.user + times.system
    return total

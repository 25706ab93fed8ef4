"""The main job on a disk that fills up for real while it is at work, and later has room again.

    mount -t tmpfs -o size=1500m tmpfs FOLDER    # any small file system that holds nothing else
    TIEOUT_HOME=FOLDER .venv/bin/python -m bench.full_disk [--payments 600] [--seconds 30]

The demo's whole set-up stands on it, PostgreSQL with all three databases as well. Once receipts
are posted, a file of ballast takes the room: first until operations have to be alerted, then to
the last byte, and again whenever a byte becomes free, for so many seconds. Then it is taken away.
The command is started again with --resume when it ends over that, as a service manager does.

Prints one JSON object, and exits 1 unless the run ties out, the alert was raised and cleared, and
bench/proof.py finds every document once.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import invoices, kills
from bench.proof import Proof
from config.demo.databases import addresses
from config.embedded import ensure_running, stop

HOME: Final = kills.HOME.resolve()
RUN: Final = "full_disk"
MOST_BYTES: Final = 8 << 30
MOST_STARTS: Final = 40
#: Seconds in which what is waited for has to happen.
PATIENCE: Final = 600
POSTED: Final = "SELECT count(*) >= 50 FROM integrations_posting WHERE state = 'posted'"
ALERTS: Final = "SELECT state FROM integrations_alert WHERE kind = 'disk_full'"


@dataclass(slots=True)
class Ballast:
    """A file that takes room; `left` is how many bytes it leaves."""

    path: Path

    def grow(self, left: int) -> None:
        with self.path.open("ab") as file:
            for size in (1 << 20, 4096):
                while shutil.disk_usage(HOME).free >= left + size:
                    if not _written(file.fileno(), size):
                        break

    def hold(self, seconds: float) -> int:
        """Not a byte is free for so long; answers how often there was one again."""
        until, filled = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            before = self.path.stat().st_size
            self.grow(0)
            filled += self.path.stat().st_size > before
            time.sleep(0.05)
        return filled


def _written(file: int, size: int) -> bool:
    try:
        os.write(file, b"\0" * size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


class Run:
    """The demo's command, started again whenever it ends before the work is done."""

    def __init__(self, words: list[str], log: Path) -> None:
        self.words, self.log = words, log
        self.starts = 0
        self.code: int | None = None
        self._start()

    def _start(self) -> None:
        more = ["--resume"] if self.starts else []
        with self.log.open("ab") as file:
            self._process = subprocess.Popen(
                [*self.words, *more], cwd=kills.ROOT, stdout=file, stderr=file
            )
        self.starts += 1

    def keep_alive(self, *, is_full: bool) -> bool:
        """False when it has ended for good: by itself, or because it never will."""
        if self._process.poll() is None:
            return True
        self.code = self._process.returncode
        if self.code == 0 or self.starts >= MOST_STARTS or not (is_full or self.code < 0):
            return False
        time.sleep(1.0)
        self._start()
        return True

    def restart(self) -> None:
        """After there is room again, if it is down."""
        if self._process.poll() not in (None, 0):
            self._start()

    def end(self) -> int:
        while self.keep_alive(is_full=False):
            time.sleep(0.2)
        return self._process.wait()


def asked(question: str) -> list[Any]:
    """The first column of the hub's answer; empty as long as it cannot answer."""
    try:
        with psycopg.connect(addresses(RUN, HOME, "").hub, connect_timeout=5) as hub:
            return [row[0] for row in hub.execute(question)]
    except psycopg.Error:
        return []


def wait_until(is_so: Callable[[], bool], run: Run) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and run.keep_alive(is_full=True):
        if is_so():
            return True
        time.sleep(0.5)
    return False


def live_through(run: Run, seconds: float) -> dict[str, Any]:
    """What was seen while the disk filled, was full, and had room again."""
    ballast = Ballast(HOME / "ballast")
    if not wait_until(lambda: asked(POSTED) == [True], run):
        return {"posted_before": False}
    ballast.grow(shutil.disk_usage(HOME).total // 50)
    told = wait_until(lambda: "open" in asked(ALERTS), run)
    filled = ballast.hold(seconds)
    answered = bool(asked("SELECT 1"))
    ballast.path.unlink()
    ensure_running(HOME)
    run.restart()
    return {"posted_before": True, "alerted": told, "filled_again": filled,
            "answered_while_full": answered, "code": run.end(), "starts": run.starts}  # fmt: skip


def problems(seen: dict[str, Any], proof: dict[str, Any]) -> Iterator[str]:
    if not seen["posted_before"]:
        yield "nothing was posted before the disk could fill"
        return
    if not seen["alerted"]:
        yield "no alert was raised while the disk filled"
    if set(seen["alerts"]) != {"cleared"}:
        yield f"alerts of the disk at the end: {seen['alerts']}"
    if seen["code"]:
        yield f"the run ended with {seen['code']}"
    yield from proof.get("problems", [])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--payments", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long it is full")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8770)
    wishes = parser.parse_args()
    if not HOME.is_mount() or shutil.disk_usage(HOME).total > MOST_BYTES:
        parser.error(f"{HOME} is no small file system of its own, and would take all others down.")
    with tempfile.TemporaryDirectory() as elsewhere:
        return _measured(wishes, Path(elsewhere))


def _measured(wishes: argparse.Namespace, elsewhere: Path) -> int:
    file, out, log = elsewhere / "invoices.csv", elsewhere / "run.json", elsewhere / "run.log"
    invoices.write(file, wishes.payments, wishes.seed, 0)
    words = [sys.executable, "manage.py", "demo", "--once", "--run", RUN, "--json", str(out)]
    words += ["--invoices", str(file), "--seed", str(wishes.seed), "--port", str(wishes.port)]
    began = time.monotonic()
    seen = live_through(Run(words, log), wishes.seconds)
    ensure_running(HOME)
    try:
        seen["alerts"] = asked(ALERTS)
        proof = Proof.of(HOME, RUN).of_everything(0) if seen.get("code") == 0 else {}
    finally:
        stop(HOME)
    told = {
        "seconds": round(time.monotonic() - began, 1),
        "full_for": wishes.seconds,
        **seen,
        "documents": proof.get("documents"),
        "problems": list(problems(seen, proof)),
    }
    print(json.dumps(told, indent=1))
    if told["problems"]:
        sys.stderr.write(log.read_text()[-5000:])
    return 1 if told["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""Kill the demo's processes at random moments and hold its end against an undisturbed run.

    .venv/bin/python -m bench.kills [--kills 20] [--seed 1] [--invoices FILE] [--every 2.0]

TIEOUT_HOME=FOLDER before it keeps its PostgreSQL apart from everything else.

Runs the main job twice: once in peace, once while one process after the other gets SIGKILL (the
command itself, the story, the web server, the workers' parent or one of them, the PayTrace
sandbox, PostgreSQL). Whoever dies is started again: children by the supervisor, the command by
this script with --resume. Both runs must end with the same summary but for seconds, envelopes and
memory. Exits 0 when they do; prints the seed, so that a failing run can be repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("TIEOUT_HOME", ROOT / ".tieout"))
MAY_DIFFER = {"seconds", "envelopes", "peak_worker_mb"}
KINDS = ("command", "story", "web server", "workers", "a worker", "PayTrace sandbox", "PostgreSQL")


def command(run: str, out: Path, wishes: argparse.Namespace, *, resume: bool) -> list[str]:
    words = [sys.executable, "manage.py", "demo", "--once", "--run", run, "--json", str(out)]
    words += ["--seed", str(wishes.seed), "--exceptions", wishes.exceptions]
    words += ["--port", str(wishes.port)]
    words += ["--invoices", str(wishes.invoices)] if wishes.invoices else []
    return [*words, "--resume"] if resume else words


def leaders(run: str) -> dict[str, int]:
    """The process groups that the supervisor has recorded, by name."""
    try:
        found = json.loads((HOME / f"demo-{run}" / "processes.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: group["leader"] for name, group in found.items()}


def postmaster() -> int | None:
    try:
        text = (HOME / "postgres/data/postmaster.pid").read_text()
    except OSError:
        return None
    return int(text.split("\n")[0])


def victim(kind: str, run: str, demo: subprocess.Popen[str]) -> psutil.Process | None:
    if kind == "command":
        return psutil.Process(demo.pid)
    if kind == "PostgreSQL":
        pid = postmaster()
        return psutil.Process(pid) if pid else None
    name = "workers" if kind == "a worker" else kind
    leader = leaders(run).get(name)
    if leader is None or not psutil.pid_exists(leader):
        return None
    process = psutil.Process(leader)
    if kind == "a worker":
        children = process.children(recursive=True)
        return random.choice(children) if children else None
    return process


def disturbed(run: str, out: Path, wishes: argparse.Namespace) -> Counter[str]:
    """Run to the end through `wishes.kills` kills; answers what was killed how often."""
    rng = random.Random(wishes.seed)
    killed: Counter[str] = Counter()
    resume = False
    while True:
        demo = subprocess.Popen(
            command(run, out, wishes, resume=resume),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while demo.poll() is None:
            time.sleep(rng.uniform(0.2, 2 * wishes.every))
            if not leaders(run) or sum(killed.values()) >= wishes.kills:
                continue
            kind = rng.choice(KINDS)
            try:
                target = victim(kind, run, demo)
                if target is None or demo.poll() is not None:
                    continue
                target.kill()
            except psutil.NoSuchProcess:
                continue
            killed[kind] += 1
            print(f"kill {sum(killed.values())}: {kind}", flush=True)
        _, complaint = demo.communicate()
        if demo.returncode == -9:
            resume = True
            continue
        if demo.returncode != 0:
            print(complaint[-2000:], file=sys.stderr)
        return killed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--every", type=float, default=2.0, help="seconds between kills, on average"
    )
    parser.add_argument("--exceptions", choices=("none", "some"), default="some")
    parser.add_argument("--invoices", type=Path)
    parser.add_argument("--port", type=int, default=8700)
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm, wild = Path(folder) / "calm.json", Path(folder) / "wild.json"
        print(f"seed {wishes.seed}: the undisturbed run", flush=True)
        subprocess.run(
            command("calm", calm, wishes, resume=False),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        killed = disturbed("wild", wild, wishes)
        if not calm.exists() or not wild.exists():
            print("A run came to no end.")
            return 1
        expected: dict[str, Any] = json.loads(calm.read_text())
        found: dict[str, Any] = json.loads(wild.read_text())
    different = {
        key: (expected[key], found.get(key))
        for key in expected
        if key not in MAY_DIFFER and expected[key] != found.get(key)
    }
    for key, (wanted, got) in different.items():
        print(f"{key}: {wanted} undisturbed, {got} after kills")
    print(
        json.dumps(
            {
                "kills": dict(killed),
                "total": sum(killed.values()),
                "equal": not different,
                "seconds": [expected["seconds"], found["seconds"]],
            }
        )
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

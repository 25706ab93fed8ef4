"""Measure: `python -m bench.run [--only NAME …]` prints the machine and one JSON line a figure.

Every module of FIGURES has `figures()`, which yields or returns `bench.frame.Figure`s. Each runs in
a process of its own, with Django set up on a fresh database `bench_<name>` of a PostgreSQL of its
own (`TIEOUT_HOME`, `.tieout/bench` by default).
The exit status is 1 when a figure misses its goal or a module breaks.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.frame import machine
from config.embedded import Server, ensure_running, stop

ROOT: Final = Path(__file__).resolve().parent.parent
HOME: Final = Path(os.environ.get("TIEOUT_HOME", ROOT / ".tieout" / "bench")).resolve()

#: What can be measured, in the order in which it is: a name for ONLY, and its module.
FIGURES: Final[dict[str, str]] = {
    "intake": "bench.intake.figures",
    "pipeline": "bench.pipeline",
    "queue": "bench.queue",
    "latency": "bench.latency",
    "audit": "bench.audit_chain",
    "memory": "bench.memory",
    "desk": "bench.desk",
    "lists": "bench.lists.figures",
    "impact": "bench.impact",
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Tieout beside its peers.")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    wishes = parser.parse_args()
    if wishes.child:
        return measure(wishes.child)
    unknown = sorted(set(wishes.only) - set(FIGURES))
    if unknown:
        parser.error(f"There is no {unknown[0]}; there are {', '.join(FIGURES)}.")
    return parent(wishes.only or list(FIGURES))


def parent(names: list[str]) -> int:
    """Run each module in a fresh process on a fresh database; the worst exit status."""
    was_running = Server(HOME).answers()
    server = ensure_running(HOME)
    print(json.dumps(machine(server.url("postgres"), HOME)), flush=True)
    worst = 0
    try:
        for name in names:
            database = f"bench_{name}"
            server.drop_database(database)
            server.ensure_database(database)
            command = [sys.executable, "-m", "bench.run", "--child", name]
            done = subprocess.run(command, cwd=ROOT, env=environment(database), check=False)
            worst = max(worst, abs(done.returncode))
            server.drop_database(database)
    finally:
        if not was_running:
            stop(HOME)
    return min(worst, 1)


def environment(database: str) -> dict[str, str]:
    """A product's own environment, nothing of the shell's settings in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIEOUT_")}
    kept.pop("DATABASE_URL", None)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return kept | {
        "TIEOUT_MODE": "demo",
        "TIEOUT_HOME": str(HOME),
        "TIEOUT_DATABASE_NAME": database,
        "TIEOUT_SECRET_KEY": secrets.token_urlsafe(60),
        "TIEOUT_VAULT_KEYS": f"bench:{key}",
        "TIEOUT_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def measure(name: str) -> int:
    """In the child: migrate, measure, print each figure as it comes."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    module = importlib.import_module(FIGURES[name])
    missed = 0
    for figure in module.figures():
        print(figure.line(), flush=True)
        missed += figure.ok is False
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

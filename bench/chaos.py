"""Payments while everything fails: random faults of all vendors, kills, PostgreSQL stopped.

    make chaos [PAYMENTS=200] [FAULTS=150] [KILLS=8] [SEED=1] [EVERY=8] [DAYS=0]
               [POST_ON=settled]

Runs the demo's whole set-up on an invoice file of its own (bench/invoices.py) in a data folder of
its own (`.tieout/chaos`, or TIEOUT_HOME) with `--faults`, and meanwhile kills web server, workers,
sandboxes, the story or the command with SIGKILL, and PostgreSQL too, or stops it in order. Whoever
dies is started again: children by the supervisor, the command by this script with --resume.

Then it holds the ERP's own tables against the gateway's own tables, takes a census, asks for the
nothing-missing statement of every day, edits receipts in the ERP and takes a census again
(bench/proof.py). It prints one JSON object, and exits 1 when anything in it is not as it has to be.
The seed decides which call of which vendor fails and how; at which moment a process dies is up to
the machine too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

ROOT: Final = Path(__file__).resolve().parent.parent
os.environ.setdefault("TIEOUT_HOME", str(ROOT / ".tieout" / "chaos"))

from bench import invoices, kills  # noqa: E402  (kills reads TIEOUT_HOME)
from bench.proof import Proof  # noqa: E402
from config.demo.errors import DemoError  # noqa: E402
from config.embedded import ensure_running, stop  # noqa: E402

HOME: Final = kills.HOME.resolve()
RUN: Final = "chaos"
STOPPED: Final = "PostgreSQL, stopped"
VICTIMS: Final = (*kills.KINDS, "line to the ERP", STOPPED)
#: The shortest run that can hold all of these.
EVERY_VICTIM: Final = ("web server", "workers", "PayTrace sandbox", "PostgreSQL", STOPPED)


# --- the run --------------------------------------------------------------------------------------


def command(wishes: argparse.Namespace, out: Path, *, resume: bool) -> list[str]:
    words = [sys.executable, "manage.py", "demo", "--once", "--run", RUN, "--json", str(out)]
    words += ["--invoices", str(wishes.invoices), "--seed", str(wishes.seed)]
    words += ["--faults", str(wishes.faults), "--port", str(wishes.port)]
    words += ["--post-on", wishes.post_on]
    return [*words, "--resume"] if resume else words


def strike(kind: str, demo: subprocess.Popen[bytes]) -> bool:
    """Kill or stop one of them; False when there is none just now."""
    if kind == STOPPED:
        stop(HOME)
        return True
    try:
        target = kills.victim(kind, RUN, demo)
        if target is None or demo.poll() is not None:
            return False
        target.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def order_of_victims(rng: random.Random, count: int) -> list[str]:
    """Those that a run cannot do without come first, in any order."""
    first = rng.sample(EVERY_VICTIM, len(EVERY_VICTIM))
    return (first + [rng.choice(VICTIMS) for _ in range(count)])[:count]


def live_through(wishes: argparse.Namespace, out: Path, log: Path) -> tuple[int, Counter[str]]:
    """The demo's exit code, and what was killed how often."""
    rng = random.Random(f"kills/{wishes.seed}")
    waiting = order_of_victims(rng, wishes.kills)
    killed: Counter[str] = Counter()
    resume = False
    while True:
        with log.open("ab") as file:
            demo = subprocess.Popen(
                command(wishes, out, resume=resume), cwd=ROOT, stdout=file, stderr=file
            )
            due = time.monotonic() + rng.uniform(0.5, 1.5) * wishes.every
            while demo.poll() is None:
                time.sleep(0.1)
                if not waiting or time.monotonic() < due or "story" not in kills.leaders(RUN):
                    continue
                if strike(waiting[0], demo):
                    killed[waiting.pop(0)] += 1
                    print(f"{sum(killed.values())} of {wishes.kills}: {killed}", file=sys.stderr)
                due = time.monotonic() + rng.uniform(0.2, 1.8) * wishes.every
        if demo.returncode != -9:
            return demo.returncode, killed
        resume = True


# --- what came of it ------------------------------------------------------------------------------


def proof(edits: int) -> dict[str, Any]:
    """What can be proven of it; that it cannot be proven is a problem too."""
    try:
        return Proof.of(HOME, RUN).of_everything(edits)
    except (DemoError, RuntimeError, psycopg.Error) as error:
        return {"problems": [f"nothing could be proven: {error}"]}


def problems(
    wishes: argparse.Namespace, code: int, summary: dict[str, Any], told: dict[str, Any]
) -> Iterator[str]:
    if code:
        yield f"the run did not tie out: its log is {told['run_log']}"
    if not summary:
        yield "the run left no summary"
        return
    yield from told["proof"]["problems"]
    if summary["unexplained"]:
        yield f"{summary['unexplained']} facts are unexplained"
    if summary["residual_unexplained"] != "0.00":
        yield f"{summary['residual_unexplained']} of residual are not what was planted"
    faults = summary["faults"]
    if wishes.faults >= 1 and faults["struck"] < wishes.faults * share_of(wishes.faults):
        yield f"{faults['struck']} faults struck, {wishes.faults:g} were wished"
    if wishes.faults >= EVERY_CLASS and faults["never_struck"]:
        yield f"never struck: {', '.join(faults['never_struck'])}"
    if sum(told["kills"].values()) < wishes.kills:
        yield f"only {sum(told['kills'].values())} of {wishes.kills} kills found their moment"


#: With so many faults each class of them has to have its turn.
EVERY_CLASS: Final = 150


def share_of(wished: float) -> float:
    """How much of a wish has to strike: a quick machine asks its vendors less often in a day, and
    a short run has few days to make up for it."""
    return 0.9 if wished >= EVERY_CLASS else 0.5


def wishes_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--payments", type=int, default=200)
    parser.add_argument("--faults", type=float, default=150)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--every", type=float, default=8.0, help="seconds between kills, about")
    parser.add_argument("--days", type=int, default=0)
    parser.add_argument("--edits", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8750)
    parser.add_argument("--post-on", choices=("settled", "captured"), default="settled")
    return parser.parse_args()


def main() -> int:
    wishes = wishes_of()
    print(f"seed {wishes.seed}: {wishes.payments} payments, {wishes.faults:g} faults and"
          f" {wishes.kills} kills, in {HOME}", file=sys.stderr)  # fmt: skip
    HOME.mkdir(parents=True, exist_ok=True)
    out, log = HOME / "chaos.json", HOME / "chaos.log"
    out.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    wishes.invoices = HOME / f"invoices-{wishes.payments}-{wishes.seed}.csv"
    invoices.write(wishes.invoices, wishes.payments, wishes.seed, wishes.days)
    began = time.monotonic()
    code, killed = live_through(wishes, out, log)
    summary = json.loads(out.read_text()) if out.exists() else {}
    ensure_running(HOME)
    try:
        told: dict[str, Any] = {
            "seed": wishes.seed,
            "seconds": round(time.monotonic() - began, 1),
            "payments": wishes.payments,
            "kills": dict(killed),
            "run_log": str(log),
            "proof": proof(wishes.edits),
            "summary": summary,
        }
        told["problems"] = list(problems(wishes, code, summary, told))
    finally:
        stop(HOME)
    print(json.dumps(told, indent=1))
    return 1 if told["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())

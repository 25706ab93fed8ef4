"""What a measurement is, and the machine it was made on: one JSON line each."""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of `make bench`. `ratio` is ours / other; `ok` is None where nothing was measured.

    Rates, seconds and bytes are said in `name`; `goal` is a text such as ">= 0.75" or "exact".
    """

    name: str
    ours: float | None
    other: float | None
    ratio: float | None
    goal: str
    ok: bool | None
    note: str = ""

    def line(self) -> str:
        found: dict[str, Any] = asdict(self)
        for key in ("ours", "other", "ratio"):
            found[key] = rounded(found[key])
        if not self.note:
            del found["note"]
        return json.dumps(found, ensure_ascii=False)


def rounded(value: float | None) -> float | None:
    """Four significant digits: more would promise what no machine can repeat."""
    return None if value is None else float(f"{value:.4g}")


def at_least(
    name: str, ours: float, other: float, goal: float, note: str = "", ratio: float | None = None
) -> Figure:
    """The more the better: ours / other must reach the goal. `ratio` is a median of rounds, say."""
    found = (ours / other if other else 0.0) if ratio is None else ratio
    return Figure(name, ours, other, found, f">= {goal:g}", bool(other) and found >= goal, note)


def at_most(
    name: str, ours: float, other: float, goal: float, note: str = "", ratio: float | None = None
) -> Figure:
    """The less the better: ours / other must not pass the goal. `ratio` as for `at_least`."""
    found = (ours / other if other else float("inf")) if ratio is None else ratio
    return Figure(name, ours, other, found, f"<= {goal:g}", bool(other) and found <= goal, note)


def below(name: str, ours: float, goal: float, note: str = "") -> Figure:
    """A bound by itself, without anything to compare with."""
    return Figure(name, ours, None, None, f"<= {goal:g}", ours <= goal, note)


def exactly(name: str, ours: float, wanted: float, note: str = "") -> Figure:
    """A count that may not differ by one."""
    ratio = ours / wanted if wanted else None
    return Figure(name, ours, wanted, ratio, "exact", ours == wanted, note)


def not_measured(name: str, goal: str, why: str) -> Figure:
    return Figure(name, None, None, None, goal, None, f"not measured: {why}")


def machine(database_url: str, folder: Path) -> dict[str, Any]:
    """What the figures depend on. `fsync_us` is the median cost of making 8 kB durable there."""
    with psycopg.connect(database_url, autocommit=True) as session:
        (postgres,) = session.execute("SHOW server_version").fetchone() or ("",)
    load = os.getloadavg()[0]
    return {
        "machine": platform.machine(),
        "cpu": _cpu(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": round(load, 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgresql": postgres,
        "fsync_us": round(fsync_us(folder), 1),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def fsync_us(folder: Path, times: int = 200) -> float:
    """Median microseconds of writing 8 kB and making it durable in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            file.seek(0)
            file.write(os.urandom(8192))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1e6

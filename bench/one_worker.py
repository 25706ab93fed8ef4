"""A worker by itself: `python -m bench.one_worker COUNT` drains what is stored: its peak and speed.

A process of its own, because the highest memory of a process never falls again.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import django

django.setup()

from bench import hub  # noqa: E402  (models can be imported from here on)


def main(count: int) -> None:
    hub.stub_the_erp()
    hub.one_lane()
    began = time.perf_counter()
    hub.drain()
    seconds = time.perf_counter() - began
    hub.all_posted(count)
    print(json.dumps({"peak_mb": peak_mb(), "a_second": count / seconds}))


def peak_mb() -> float:
    """The highest resident memory of this program.

    Not `ru_maxrss`: that begins with what the parent held when it forked.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    [peak] = [line for line in lines if line.startswith("VmHWM:")]
    return int(peak.split()[1]) / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))

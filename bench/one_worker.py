"""A worker by itself: `python -m bench.one_worker COUNT` drains what is stored: its peak and speed.

A process of its own, because the highest memory of a process never falls again.
"""

from __future__ import annotations

import json
import resource
import sys
import time

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
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"peak_mb": peak_kb / 1024, "a_second": count / seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""One file of a list: `python -m bench.lists.one_export ADDRESS`; rows, seconds, peak memory.

A process of its own, because the highest memory of a process never falls again.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402  (models can be imported from here on)
from django.test import Client  # noqa: E402


def main(address: str) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    began = time.perf_counter()
    response = client.get(address)
    if response.status_code != 200:
        raise AssertionError(f"{address} was answered {response.status_code}.")
    first, lines = 0.0, 0
    for piece in response.streaming_content:
        first = first or time.perf_counter() - began
        lines += piece.count(b"\n")
    found = {
        "rows": lines - 1,
        "first_byte_ms": 1000 * first,
        "seconds": time.perf_counter() - began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])

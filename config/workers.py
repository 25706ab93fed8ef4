"""Watch over the workers' queue: a worker killed while it waits for a task takes the queue's lock
with it, and no other worker gets a task again. Nothing in the queue notices; this does."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psutil
from django.db import DatabaseError, InterfaceError, connection
from django_q.models import OrmQ

from config.surroundings import Surroundings
from integrations.locks import is_held
from integrations.models import Pair
from integrations.services.lanes import lane_names

logger = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0
#: So long tasks may wait while no worker is at any lane, in seconds.
PATIENCE: Final = 15.0


@dataclass(slots=True)
class Watch:
    """Since when tasks have been waiting in vain, by a clock that only goes forward."""

    since: float | None = None

    def is_wedged(self, now: float, *, tasks_wait: bool, lanes_live: bool) -> bool:
        """Whether tasks have waited for PATIENCE without any lane at work."""
        if not tasks_wait or lanes_live:
            self.since = None
            return False
        if self.since is None:
            self.since = now
        return now - self.since >= PATIENCE


def tasks_wait() -> bool:
    return bool(OrmQ.objects.exists())


def lanes_live() -> bool:
    """Whether any worker holds a lane's lock, or a census: at work, however long it may take."""
    locks = [f"lane:{lane}" for lane in lane_names()]
    locks += [f"census:{pk}" for pk in Pair.objects.values_list("pk", flat=True)]
    return any(is_held(lock) for lock in locks)


def watch(end: Callable[[], None], every: float = LOOK_EVERY) -> None:
    """Look again and again; call `end` when the queue is wedged. Runs until then."""
    seen = Watch()
    around = Surroundings()
    while True:
        time.sleep(every)
        try:
            around.look(time.monotonic())
            wedged = seen.is_wedged(
                time.monotonic(), tasks_wait=tasks_wait(), lanes_live=lanes_live()
            )
            around.found(time.monotonic())
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            around.lost(time.monotonic(), error)
            seen = Watch()
            continue
        if wedged:
            logger.error("No worker takes tasks from the queue any more: all of them end.")
            around.wedged()
            end()
            return


def end_all() -> None:
    """End this process and all below it at once; whoever keeps the workers starts them again.

    Nothing is lost: the rows are the queue, and what was being sent is looked up.
    """
    for process in psutil.Process().children(recursive=True):
        process.kill()
    os._exit(1)


def start_watching() -> None:
    threading.Thread(target=watch, args=(end_all,), name="watch", daemon=True).start()

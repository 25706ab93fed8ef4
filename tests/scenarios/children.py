"""Workers that are real processes: forked from the test, killed at a named point with SIGKILL."""

import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, connections
from django.utils.module_loading import import_string

BEFORE, AFTER = "before", "after"
KILLED = -signal.SIGKILL
SESSIONS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
       AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

#: What a child inherits stays open in it, or its end would end the parent's sessions too.
_inherited: list[Any] = []


@dataclass(frozen=True)
class Point:
    """Where a worker dies: before or after the call at `path` that is about `what`.

    about: finds in the call's arguments and answer the kinds of documents that it is about.
    """

    path: str
    when: str
    what: str = ""
    about: Callable[..., set[str]] = lambda *_: set()


def kill_here() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: Point, patch: pytest.MonkeyPatch) -> None:
    original = callable_at(point.path)

    def lethal(*args: Any, **kwargs: Any) -> Any:
        if point.when == BEFORE and meets(point, args, None):
            kill_here()
        answer = original(*args, **kwargs)
        if point.when == AFTER and meets(point, args, answer):
            kill_here()
        return answer

    patch.setattr(point.path, lethal)


def meets(point: Point, args: tuple[Any, ...], answer: Any) -> bool:
    return not point.what or point.what in point.about(args, answer)


def callable_at(path: str) -> Any:
    """What stands at a path; the last two names may be class and method."""
    try:
        return import_string(path)
    except ImportError:
        owner, name = path.rsplit(".", 1)
        return getattr(import_string(owner), name)


def start(work: Callable[[], None], point: Point | None = None) -> int:
    """Begin the work in a process of its own; answers its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        for held in connections.all(initialized_only=True):
            _inherited.append(held)
            del connections[held.alias]
        if point is not None:
            arm(point, pytest.MonkeyPatch())
        work()
        status = 0
    except BaseException:  # noqa: BLE001  (the child must not go on as a second test run)
        traceback.print_exc()
    finally:
        os._exit(status)


def end_of(child: int) -> int:
    """Wait for a child: its exit code, or minus the signal that ended it."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        # Its locks go with its session, which PostgreSQL ends a moment later.
        while _count(cursor):
            assert time.monotonic() < until, "The child's session does not end."
            time.sleep(0.005)
    return status


def _count(cursor: Any) -> int:
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(SESSIONS)
    return int(cursor.fetchone()[0])


def run(work: Callable[[], None], point: Point | None = None) -> int:
    return end_of(start(work, point))

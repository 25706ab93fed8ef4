"""Which process groups a run started, so that what a kill left behind is found and ended."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from config.demo.files import read_json, write_json

# In the environment of every process of a run: a recycled number is never taken for ours.
MARK = "DEMO_RUN_FOLDER"
WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Group:
    """A process group and session by its leader; `started` is the leader's own start time."""

    leader: int
    started: float


def started_at(pid: int) -> float:
    return psutil.Process(pid).create_time()


class Record:
    """The groups of one run, in a file of its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "processes.json"

    def read(self) -> dict[str, Group]:
        content = read_json(self._path) or {}
        return {name: Group(**group) for name, group in content.items()}

    def write(self, groups: dict[str, Group]) -> None:
        write_json(self._path, {name: asdict(group) for name, group in groups.items()})

    def end_leftovers(self) -> list[str]:
        """Kill what is left of an earlier life of this run; answers the names of those groups."""
        left: dict[str, list[psutil.Process]] = {}
        for name, group in self.read().items():
            members = list(self._members(group))
            if members:
                left[name] = members
        for process in (each for members in left.values() for each in members):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs([each for members in left.values() for each in members], WAIT_SECONDS)
        self.write({})
        return sorted(left)

    def _members(self, group: Group) -> Iterator[psutil.Process]:
        """Those of the recorded session that began with or after its leader and bear our mark."""
        for process in psutil.process_iter():
            try:
                if (
                    os.getsid(process.pid) == group.leader
                    and process.create_time() >= group.started - 0.01
                    and process.environ().get(MARK) == str(self._folder)
                ):
                    yield process
            except (psutil.Error, OSError):
                continue


def signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def has_children(pid: int) -> bool:
    """Whether a process has a live child; also true when it is gone, which others notice."""
    try:
        children = psutil.Process(pid).children()
        return any(each.status() != psutil.STATUS_ZOMBIE for each in children)
    except psutil.NoSuchProcess:
        return True


def memory_mb(leader: int) -> float:
    """The largest resident size of one process of a session, in MB; 0.0 when it is gone."""
    largest = 0
    try:
        leading = psutil.Process(leader)
        for process in [leading, *leading.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                largest = max(largest, process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0.0
    return largest / 1_000_000

"""Starts the demo's processes, starts again what dies, and stops all of them together.

Every child leads a session of its own: a Ctrl-C reaches the supervisor alone, which then says once
and in order what has to end.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.demo.errors import DemoError
from config.demo.processes import (
    MARK,
    Group,
    Record,
    has_children,
    memory_mb,
    signal_group,
    started_at,
)

POLL_SECONDS = 0.1
LOOK_SECONDS = 1.0
GRACE_SECONDS = 1.4
STEADY_SECONDS = 20.0
LONGEST_PAUSE = 5.0
# So long a process may take until its first child is there: a busy machine is no death.
YOUNG_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program to keep alive.

    final: exit codes with which it has ended by itself and stays so.
    needs_children: it is dead, whatever its own process says, when it has no children left.
    shown: its output goes to the terminal instead of a log file.
    measured: the memory of its processes counts as the workers'.
    most_deaths: so many in quick succession end the demo.
    """

    name: str
    command: Sequence[str]
    final: frozenset[int] = frozenset()
    needs_children: bool = False
    shown: bool = False
    measured: bool = False
    most_deaths: int = 12


@dataclass(slots=True)
class _Life:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    due: float = 0.0
    deaths: int = 0
    had_children: bool = False
    ended: int | None = None


@dataclass(slots=True)
class Supervisor:
    """Keeps `children` running until told to stop.

    keep_alive: called about once a second; what it looks after is not a child (the database).
    """

    folder: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]
    keep_alive: Callable[[], None] = lambda: None
    peak_mb: float = 0.0
    stopping: bool = False
    _lives: dict[str, _Life] = field(default_factory=dict)
    _looked: float = 0.0

    def start(self, children: Sequence[Child]) -> None:
        for child in children:
            life = self._lives[child.name] = _Life(child)
            self._begin(life)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Within this block INT, TERM and HUP mean: stop. A second one changes nothing."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stopping = True

        names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, stop) for number in names}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def wait_for(self, name: str) -> int | None:
        """Until that child has ended by itself: its exit code; None when told to stop before."""
        while not self.stopping:
            self._tend()
            ended = self._lives[name].ended
            if ended is not None:
                return ended
            time.sleep(POLL_SECONDS)
        return None

    def wait(self) -> None:
        """Until told to stop."""
        while not self.stopping:
            self._tend()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End every child: asked first, then made to. Takes GRACE_SECONDS at most."""
        lives = [life for life in self._lives.values() if life.ended is None]
        running = [life.process for life in lives if life.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until and any(process.poll() is None for process in running):
            time.sleep(0.02)
        for process in running:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
        Record(self.folder).write({})
        self._lives.clear()

    def _tend(self) -> None:
        now = time.monotonic()
        look = now - self._looked >= LOOK_SECONDS
        if look:
            self._looked = now
            self.keep_alive()
        for life in self._lives.values():
            if life.ended is not None:
                continue
            if life.process is None:
                if now >= life.due:
                    self._begin(life)
            elif (code := life.process.poll()) is not None:
                self._bury(life, life.process.pid, code, now)
            elif look:
                self._look_at(life, life.process.pid, now)

    def _look_at(self, life: _Life, pid: int, now: float) -> None:
        if life.child.measured:
            self.peak_mb = max(self.peak_mb, memory_mb(pid))
        if not life.child.needs_children:
            return
        has = has_children(pid)
        grown_up = life.had_children or now - life.began > YOUNG_SECONDS
        life.had_children = has
        if grown_up and not has:
            signal_group(pid, signal.SIGKILL)

    def _bury(self, life: _Life, pid: int, code: int, now: float) -> None:
        if code in life.child.final:
            life.ended = code
            return
        # What it started may have outlived it.
        signal_group(pid, signal.SIGKILL)
        life.deaths = 1 if now - life.began > STEADY_SECONDS else life.deaths + 1
        life.process = None
        if life.deaths >= life.child.most_deaths:
            log = "" if life.child.shown else f"; its log is {self._log(life.child)}"
            raise DemoError(f"The {life.child.name} does not stay up{log}.")
        life.due = now + min(LONGEST_PAUSE, 0.2 * 2 ** (life.deaths - 1))
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        self.say(f"The {life.child.name} ended {how}; starting again.")

    def _begin(self, life: _Life) -> None:
        environment = {**self.environment, MARK: str(self.folder)}
        with self._output(life.child) as output:
            life.process = subprocess.Popen(
                list(life.child.command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        life.began = time.monotonic()
        life.had_children = False
        self._record()

    @contextlib.contextmanager
    def _output(self, child: Child) -> Iterator[int | None]:
        if child.shown:
            yield None
            return
        path = self._log(child)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _record(self) -> None:
        groups: dict[str, Group] = {}
        for name, life in self._lives.items():
            if life.process is not None and life.process.poll() is None:
                groups[name] = Group(life.process.pid, started_at(life.process.pid))
        Record(self.folder).write(groups)

    def _log(self, child: Child) -> Path:
        return self.folder / "logs" / f"{child.name.replace(' ', '-')}.log"

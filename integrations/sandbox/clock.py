"""Business time of the sandbox: one moment in one file, read by every simulator."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


class ClockUnreadable(Exception):
    """The clock file is missing or does not hold one ISO-8601 moment with its offset."""


class SandboxClock:
    """The clock file holds one ISO-8601 moment in UTC, such as `2010-12-01T18:00:00+00:00`.

    Readers never lock: the file is only ever replaced as a whole.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._last: tuple[bytes, datetime] | None = None

    def now(self) -> datetime:
        """The moment in force, aware, in UTC. Raises ClockUnreadable."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                text = os.read(descriptor, 256)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ClockUnreadable(f"The clock file {self.path} cannot be read: {error}") from error
        last = self._last
        if last is not None and last[0] == text:
            return last[1]
        moment = self._parse(text)
        self._last = (text, moment)
        return moment

    def set(self, moment: datetime) -> datetime:
        """Move the clock to `moment`, never backwards; answers the moment now in force."""
        if moment.tzinfo is None:
            raise ValueError("The sandbox clock takes moments with a time zone only.")
        moment = moment.astimezone(UTC)
        with self._one_writer():
            if self.path.exists():
                current = self.now()
                if current >= moment:
                    return current
            self._replace(moment.isoformat())
        return moment

    def _parse(self, text: bytes) -> datetime:
        try:
            moment = datetime.fromisoformat(text.decode("ascii").strip())
        except ValueError as error:
            raise ClockUnreadable(
                f"The clock file {self.path} must hold one ISO-8601 moment."
            ) from error
        if moment.tzinfo is None:
            raise ClockUnreadable(f"The moment in the clock file {self.path} lacks its offset.")
        return moment.astimezone(UTC)

    def _replace(self, text: str) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".clock-")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)  # the simulators may run as another user
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink()
            raise

    @contextlib.contextmanager
    def _one_writer(self) -> Iterator[None]:
        # Without the lock two writers could each read an older moment and the later one win.
        lock = self.path.with_name(self.path.name + ".lock")
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

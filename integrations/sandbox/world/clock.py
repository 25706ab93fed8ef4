"""The world owns the business clock: it alone moves it, hundreds of times a second."""

import os
from datetime import UTC, datetime
from pathlib import Path

from integrations.sandbox.clock import SandboxClock


class WorldClock(SandboxClock):
    """The only writer, so it needs no lock, and knows what it wrote last.

    The file is replaced as a whole, without waiting for the disk: after a crash of the machine the
    world sets its moment again.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        self._set_to: datetime | None = None

    def set(self, moment: datetime) -> datetime:
        """As the parent: never backwards. Raises ClockUnreadable when the file is spoiled."""
        if self._set_to is None and self.path.exists():
            self._set_to = self.now()
        moment = moment.astimezone(UTC)
        if self._set_to is None or moment > self._set_to:
            self._replace(moment.isoformat())
            self._set_to = moment
        return self._set_to

    def _replace(self, text: str) -> None:
        draft = f"{self.path}.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, text.encode("ascii") + b"\n")
        os.close(descriptor)
        Path(draft).replace(self.path)

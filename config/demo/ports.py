"""Free ports. They are probed, because the web server would share a busy one in silence."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

from config.demo.errors import DemoError

HOST = "127.0.0.1"
TRIED = 200


def is_free(port: int) -> bool:
    """Whether nobody listens on the port of this machine."""
    with socket.socket() as probe:
        # Closed connections of an earlier server linger and are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


class Ports:
    """Ports of one run, kept from other runs that start at the same moment.

    A run's servers listen only some seconds after their ports were chosen; the locks are held until
    this process ends, however it ends.
    """

    def __init__(self) -> None:
        self._held: list[IO[str]] = []
        self._folder = Path(tempfile.gettempdir()) / f"tieout-ports-{os.geteuid()}"

    def take(self, port: int) -> int:
        """The first free port from `port` on. Raises DemoError."""
        last = min(port + TRIED, 65536)
        for candidate in range(port, last):
            if is_free(candidate) and self._lock(candidate):
                return candidate
        raise DemoError(f"No port from {port} to {last - 1} is free; name another with --port.")

    def _lock(self, port: int) -> bool:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        handle = (self._folder / str(port)).open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self._held.append(handle)
        return True

    def close(self) -> None:
        for handle in self._held:
            handle.close()
        self._held.clear()

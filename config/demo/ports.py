"""Free ports. They are probed, because the web server would share a busy one in silence."""

import socket
from collections.abc import Collection

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


def next_free(port: int, taken: Collection[int] = ()) -> int:
    """The first free port from `port` on. Raises DemoError."""
    last = min(port + TRIED, 65536)
    for candidate in range(port, last):
        if candidate not in taken and is_free(candidate):
            return candidate
    raise DemoError(f"No port from {port} to {last - 1} is free; name another with --port.")

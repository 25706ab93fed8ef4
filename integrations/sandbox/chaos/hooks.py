"""What a bad relay does with one delivery, before, after or instead of doing it right."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

# Kinds that leave out or put off the delivery itself.
NEVER: Final = "skip"
LATER: Final = "late"
#: Seconds by which the relay's clock is wrong.
SKEWS: Final = {"old_timestamp": -3600, "future_timestamp": 3600}
GARBAGE: Final = b'{"connection": "\xff\xfe", '
SOCKET_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it should be; `post(webhook_id, body, skew, spoil)` answers the status."""

    webhook_id: str
    body: bytes
    url: str
    post: Callable[[str, bytes, int, bool], int]
    headers: Callable[[str, bytes], dict[str, str]]

    def misbehave(self, kind: str) -> str:
        """Do what the kind says besides the right delivery; what the hub did wrong, or ""."""
        if kind in SKEWS:
            return _refused(self.post(self.webhook_id, self.body, SKEWS[kind], False), kind)
        if kind == "bad_signature":
            return _refused(self.post(self.webhook_id, self.body, 0, True), kind)
        if kind == "garbage":
            # Signed and senseless: the hub keeps it and says that it cannot be read.
            return _taken(self.post(f"garbage-{self.webhook_id}", GARBAGE, 0, False), kind)
        if kind == "twice":
            return _taken(self.post(self.webhook_id, self.body, 0, False), kind)
        if kind == "twice_new_id":
            return _taken(self.post(f"again-{self.webhook_id}", self.body, 0, False), kind)
        if kind == "cut":
            self._hang_up(len(self.body) // 2)
        if kind == "drop":
            self._hang_up(len(self.body))
        return ""

    def _hang_up(self, sent: int) -> None:
        """Send so many bytes of the body and leave without waiting for the answer."""
        parts = urlsplit(self.url)
        lines = [
            f"POST {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Content-Length: {len(self.body)}",
            *(
                f"{name}: {value}"
                for name, value in self.headers(self.webhook_id, self.body).items()
            ),
        ]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        address = (parts.hostname or "127.0.0.1", parts.port or 80)
        with socket.create_connection(address, SOCKET_SECONDS) as connection:
            connection.sendall(head + self.body[:sent])


def _refused(status: int, kind: str) -> str:
    return "" if _answered(status) in (400, 401, 403) else f"{kind} was answered {status}"


def _taken(status: int, kind: str) -> str:
    return "" if _answered(status) == 202 else f"{kind} was answered {status}"


def _answered(status: int) -> int:
    if status >= 500:
        raise ConnectionError(f"The hub answered {status}: it is just away.")
    return status

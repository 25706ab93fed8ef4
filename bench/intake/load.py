"""A load on one address: signed events from one process over raw sockets, as cheap as Python can.

    python -m bench.intake.load PORT PATH --connections 8 --seconds 2

Every connection sends its next event when the last one is answered. All events are made and signed
before the clock starts. Prints one JSON object: answered and refused, seconds, p50 and p99 in
milliseconds, and the load's own CPU seconds. The secret is BENCH_SECRET.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import select
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

SECRET = os.environ.get("BENCH_SECRET", "").encode()
#: More than any server here answers in a second; when they are used up, the load ends early.
EVENTS_A_SECOND = 7000


def event(number: int, run: str, now: int) -> tuple[str, bytes]:
    """An event as a gateway sends them, about 1.2 kB: its id and its bytes."""
    name = f"evt_{run}{number:08d}"
    payment = f"pi_{run}{number:08d}"
    amount = 1000 + number % 90000
    body = {
        "id": name,
        "object": "event",
        "api_version": "2024-06-20",
        "created": now,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{run}{number:06d}", "idempotency_key": payment},
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": payment,
                "object": "payment_intent",
                "amount": amount,
                "amount_received": amount,
                "capture_method": "automatic",
                "confirmation_method": "automatic",
                "created": now,
                "currency": "usd",
                "customer": f"cus_{run}{number % 4000:05d}",
                "description": f"Invoice SO-{number:08d} for the delivery of last week",
                "latest_charge": f"ch_{run}{number:08d}",
                "livemode": False,
                "metadata": {"invoice": f"SO-{number:08d}", "company": "SOA", "shop": "west"},
                "payment_method": f"pm_{run}{number:08d}",
                "payment_method_types": ["card"],
                "receipt_email": f"payer{number % 4000}@example.test",
                "shipping": None,
                "statement_descriptor": "SALES OFFICE",
                "status": "succeeded",
                "transfer_group": None,
            }
        },
    }
    return name, json.dumps(body, separators=(",", ":")).encode()


def standard_headers(name: str, now: int, body: bytes) -> str:
    signed = hmac.digest(SECRET, f"{name}.{now}.".encode() + body, "sha256")
    return (
        f"webhook-id: {name}\r\nwebhook-timestamp: {now}\r\n"
        f"webhook-signature: v1,{base64.b64encode(signed).decode()}\r\n"
    )


def stripe_headers(name: str, now: int, body: bytes) -> str:
    signed = hmac.new(SECRET, f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"Stripe-Signature: t={now},v1={signed}\r\n"


SCHEMES = {"standard": standard_headers, "stripe": stripe_headers}


def requests(path: str, count: int, scheme: str = "standard") -> Iterator[bytes]:
    """`count` different signed requests, whole as they go over the wire."""
    run, now, headers = uuid.uuid4().hex[:10], int(time.time()), SCHEMES[scheme]
    for number in range(count):
        name, body = event(number, run, now)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Forwarded-Proto: https\r\n{headers(name, now, body)}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


@dataclass(slots=True)
class Line:
    """One connection: its socket, when it sent, and what it has read of the answer."""

    socket: socket.socket
    sent_at: float = 0.0
    read: bytes = b""


def is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    names = head.lower()
    if (at := names.find(b"content-length:")) >= 0:
        return len(body) >= int(head[at + 15 :].split(b"\r\n", 1)[0])
    return b"transfer-encoding: chunked" not in names or body.endswith(b"0\r\n\r\n")


def is_taken(answer: bytes) -> bool:
    return answer[9:12] in (b"202", b"200")


@dataclass(frozen=True, slots=True)
class Load:
    answered: int
    refused: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


def run(port: int, waiting: list[bytes], connections: int, seconds: float) -> Load:
    """Send until the time is over, then wait for what is under way."""
    poll = select.epoll()
    lines: dict[int, Line] = {}
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines[opened.fileno()] = Line(opened)
        poll.register(opened.fileno(), select.EPOLLIN)
    taken: list[float] = []
    refused = under_way = 0
    clock, cpu = time.perf_counter, time.process_time()
    begun = clock()
    until = begun + seconds
    for line in lines.values():
        line.sent_at = clock()
        line.socket.sendall(waiting.pop())
        under_way += 1
    while under_way:
        for number, _ in poll.poll(30) or no_answer(under_way):
            line = lines[number]
            part = line.socket.recv(65536)
            line.read += part
            if not part:
                raise SystemExit("The server closed a connection under load.")
            if not is_whole(line.read):
                continue
            now = clock()
            taken.append(now - line.sent_at)
            refused += not is_taken(line.read)
            line.read = b""
            if now < until and waiting:
                line.sent_at = now
                line.socket.sendall(waiting.pop())
            else:
                under_way -= 1
    lasted = clock() - begun
    for line in lines.values():
        line.socket.close()
    taken.sort()
    return Load(
        answered=len(taken) - refused,
        refused=refused,
        seconds=lasted,
        p50_ms=taken[len(taken) // 2] * 1000,
        p99_ms=taken[int(len(taken) * 0.99)] * 1000,
        cpu_seconds=time.process_time() - cpu,
    )


def no_answer(under_way: int) -> list[tuple[int, int]]:
    raise SystemExit(f"{under_way} requests were not answered within 30 seconds.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--scheme", choices=sorted(SCHEMES), default="standard")
    wishes = parser.parse_args()
    count = int(wishes.seconds * EVENTS_A_SECOND) + wishes.connections
    waiting = list(requests(wishes.path, count, wishes.scheme))
    done = run(wishes.port, waiting, wishes.connections, wishes.seconds)
    print(json.dumps({name: getattr(done, name) for name in Load.__slots__}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

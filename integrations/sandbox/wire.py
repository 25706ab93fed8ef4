"""The simulators' HTTP/1.1 server: keep-alive, one send per answer, faults at the socket.

The standard library's threading server carries it; its request parser does not, because that
one costs more than a simulated payment does.
"""

import json
import logging
import socket
import socketserver
import struct
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Any

from integrations.sandbox.clock import ClockUnreadable
from integrations.sandbox.database import DatabaseAway
from integrations.sandbox.faults import AFTER, BEFORE, ArmedFault, FaultBook, FaultRule, garble
from integrations.sandbox.spoil import GARBAGE, SPOILED, spoiled, throttled_headers

logger = logging.getLogger(__name__)

MAX_LINE = 65536
MAX_BODY = 4 * 1024 * 1024


class MalformedRequest(Exception):
    """The request cannot be read as HTTP/1.1; the connection ends with the answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer."""

    status: int
    payload: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


App = Callable[[Request], Answer]
Strike = Callable[[Request], FaultRule | None]


class WireServer(ThreadingHTTPServer):
    """Serves `app` on a loopback port, with the faults of `book`.

    strike: asked for each request that no armed rule can meet, for a scheduled fault.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, port: int, app: App, book: FaultBook, strike: Strike = lambda _: None
    ) -> None:
        self.app = app
        self.book = book
        self.strike = strike
        # The last answer of each path, which a fault may give again.
        self.before: dict[str, Answer] = {}
        super().__init__(("127.0.0.1", port), WireHandler)

    def server_bind(self) -> None:
        # The parent's version looks the host's name up, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def server_close(self) -> None:
        super().server_close()
        self.book.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error here; everything else is told as usual."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class WireHandler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    timeout = 300
    server: WireServer

    def handle(self) -> None:
        while self._serve_one():
            pass

    def _serve_one(self) -> bool:
        """Serve one request; False when the connection is to be closed."""
        keep = False
        try:
            head = self._read_head()
            if head is None:
                return False
            method, path, headers = head
            keep = headers.get("connection", "").lower() != "close"
            armed = self.server.book.armed()
            if armed and self._refused(armed, method, path):
                return False
            body = self._read_body(headers)
            request = Request(method, path, headers, body, self.client_address[0])
            if armed:
                return self._serve_with_faults(request, armed, keep)
            keep = self._serve(request, self.server.strike(request), keep)
        except MalformedRequest as error:
            self._send(_problem(HTTPStatus.BAD_REQUEST, str(error)), keep=False)
            return False
        except (DatabaseAway, ClockUnreadable) as error:
            logger.warning("Answered 503: %s", error)
            # The body may still be unread: the connection cannot carry another request.
            self._send(_problem(HTTPStatus.SERVICE_UNAVAILABLE), keep=False)
            return False
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            logger.exception("Answered 500")
            self._send(_problem(HTTPStatus.INTERNAL_SERVER_ERROR), keep=False)
            return False
        return keep

    def _read_head(self) -> tuple[str, str, dict[str, str]] | None:
        line = self.rfile.readline(MAX_LINE)
        if line in (b"\r\n", b"\n"):
            line = self.rfile.readline(MAX_LINE)
        if not line:
            return None
        words = line.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise MalformedRequest("The request line cannot be read.")
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(MAX_LINE)) not in (b"\r\n", b"\n"):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise MalformedRequest("A header line cannot be read.")
            headers[name.lower()] = value.strip()
        return words[0], words[1].partition("?")[0], headers

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise MalformedRequest("Send a Content-Length; chunked bodies are not taken.")
        text = headers.get("content-length", "0")
        length = int(text) if text.isdecimal() else -1
        if not 0 <= length <= MAX_BODY:
            raise MalformedRequest("The body is too large, or its length cannot be read.")
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("The client left in the middle of its request.")
        return body

    def _refused(self, armed: list[ArmedFault], method: str, path: str) -> bool:
        """A refusal that names no part of the body strikes before the body is read."""

        def fits(rule: FaultRule) -> bool:
            return rule.kind == "refuse" and not rule.body_contains and rule.fits(method, path, b"")

        if self.server.book.take(armed, fits) is None:
            return False
        self._reset()
        return True

    def _serve_with_faults(self, request: Request, armed: list[ArmedFault], keep: bool) -> bool:
        def fits(rule: FaultRule, kinds: tuple[str, ...]) -> bool:
            return rule.kind in kinds and rule.fits(request.method, request.path, request.body)

        before = self.server.book.take(armed, lambda rule: fits(rule, BEFORE))
        if before is not None and not self._begins(before, keep):
            return keep and before.kind != "refuse"
        answer = self._garbled(self.server.app(request), request, armed)
        after = self.server.book.take(
            armed, lambda rule: rule.kind != "garble" and fits(rule, AFTER)
        )
        return self._send_spoiled(answer, after, keep)

    def _serve(self, request: Request, fault: FaultRule | None, keep: bool) -> bool:
        """With the one fault that the schedule has for this request, or none."""
        if fault is not None and fault.kind in BEFORE:
            if not self._begins(fault, keep):
                return keep and fault.kind != "refuse"
            fault = None
        answer = self.server.app(request)
        if fault is not None and fault.kind == "replay":
            answer, fault = self.server.before.get(request.path, answer), None
        elif answer.status == HTTPStatus.OK:
            self.server.before[request.path] = answer
        return self._send_spoiled(answer, fault, keep)

    def _begins(self, fault: FaultRule, keep: bool) -> bool:
        """What strikes before anything is done; whether the request is served nevertheless."""
        if fault.kind == "refuse":
            self._reset()
            return False
        if fault.kind == "stall":
            time.sleep(fault.seconds)
            return True
        self._send(_fault_answer(fault), keep)
        return False

    def _garbled(self, answer: Answer, request: Request, armed: list[ArmedFault]) -> Answer:
        """The answer with every record spoiled that a rule names: each rule spoils its own."""
        for fault in armed:
            rule = fault.rule
            if rule.kind != "garble" or not rule.fits(request.method, request.path, request.body):
                continue
            payload = garble(answer.payload, rule)
            if payload is not None and self.server.book.take([fault], lambda _: True):
                answer = Answer(answer.status, payload, answer.headers)
        return answer

    def _send_spoiled(self, answer: Answer, fault: FaultRule | None, keep: bool) -> bool:
        if fault is None:
            self._send(answer, keep)
        elif fault.kind == "drop":
            self._reset()
            return False
        elif fault.kind == "cut":
            wire = _encode(answer.status, _dump(answer.payload), answer.headers, keep)
            self.connection.sendall(wire[: wire.index(b"\r\n\r\n") + 4 + _half(answer)])
            return False
        elif fault.kind == "error_after":
            self._send(_fault_answer(fault), keep)
        elif fault.kind in SPOILED:
            payload = spoiled(answer.payload, fault.kind)
            self._send(Answer(answer.status, payload, answer.headers), keep)
        elif fault.kind == "garbage":
            self.connection.sendall(_encode(answer.status, GARBAGE, answer.headers, keep))
        else:
            body = _dump(answer.payload)[: _half(answer)]
            self.connection.sendall(_encode(answer.status, body, answer.headers, keep))
        return keep

    def _send(self, answer: Answer, keep: bool) -> None:
        self.connection.sendall(_encode(answer.status, _dump(answer.payload), answer.headers, keep))

    def _reset(self) -> None:
        """Close so that the client sees a reset, not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _dump(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def _half(answer: Answer) -> int:
    return len(_dump(answer.payload)) // 2


def _encode(status: int, body: bytes, headers: dict[str, str], keep: bool) -> bytes:
    extra = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Request-Id: {uuid.uuid4()}\r\n"
        f"{extra}Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    ).encode("latin-1") + body


def _problem(status: int, reason: str = "") -> Answer:
    return Answer(status, {"error": HTTPStatus(status).phrase, "error_description": reason})


def _fault_answer(fault: FaultRule) -> Answer:
    if fault.kind == "unauthorized":
        return Answer(401, {"error": "invalid_token", "error_description": "It has ended."})
    if not fault.kind.startswith("throttle"):
        return _problem(fault.status)
    return Answer(429, _problem(429).payload, throttled_headers(fault))

"""`python -m integrations.sandbox.sage500.gate --port P --database-url URL`: a line that breaks.

Stands between whoever speaks to the ERP's database and PostgreSQL, understands just enough of the
protocol to see where a request ends and an answer is complete, and cuts where the schedule says:
before a request arrives, after it was done and before its answer leaves, or within the answer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import struct
import sys
import threading
from typing import Final
from urllib.parse import parse_qs, urlsplit

import psycopg

from integrations.sandbox.chaos import book
from integrations.sandbox.database import Database, DatabaseAway

logger = logging.getLogger(__name__)

#: Requests for encryption that come before anything else: this line offers none.
SECRET_TALKS: Final = {80877103, 80877104}
CANCEL: Final = 80877102
#: Messages that end a request: a simple query, and the end of an extended one.
ENDS: Final = (b"Q", b"S")
READY: Final = b"Z"
STALL_SECONDS: Final = 0.4


class Hangup(Exception):
    """This line is cut now."""


class Line:
    """One client's connection: its own socket to the server, requests and answers in turn."""

    def __init__(
        self, gate: Gate, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> None:
        self._gate = gate
        self._client = client
        self._answers = answers
        # What becomes of the answer that is due next.
        self._doom: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        kind = await self._gate.strike("wire.connect", "connect")
        if kind == "stall":
            await asyncio.sleep(STALL_SECONDS)
        if kind == "refuse":
            return
        first = await self._startup()
        if first is None or kind == "hang_up":
            return
        server, requests = await self._gate.dial()
        try:
            requests.write(first)
            self._doom.put_nowait("")  # the answer to the start
            pumps = {
                asyncio.create_task(self._forward(requests)),
                asyncio.create_task(self._backward(server)),
            }
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            requests.close()

    async def _startup(self) -> bytes | None:
        while True:
            head = await self._client.readexactly(8)
            length, code = struct.unpack("!II", head)
            if code in SECRET_TALKS:
                self._answers.write(b"N")
                continue
            if code == CANCEL:
                return None
            return head + await self._client.readexactly(length - 8)

    async def _forward(self, requests: asyncio.StreamWriter) -> None:
        """Whole requests only; a request that is cut has not arrived."""
        waiting = b""
        while True:
            kind = await self._client.readexactly(1)
            size = await self._client.readexactly(4)
            body = await self._client.readexactly(struct.unpack("!I", size)[0] - 4)
            waiting += kind + size + body
            if kind not in ENDS:
                if kind == b"X":
                    requests.write(waiting)
                    await requests.drain()
                    return
                continue
            fault = await self._gate.strike("wire.call", _words(waiting))
            if fault == "cut_before":
                return
            if fault == "stall":
                await asyncio.sleep(STALL_SECONDS)
            self._doom.put_nowait(fault or "")
            requests.write(waiting)
            await requests.drain()
            waiting = b""

    async def _backward(self, server: asyncio.StreamReader) -> None:
        """Answers as they come; a doomed one is complete at the server before the line is cut."""
        doom = await self._doom.get()
        kept = b""
        while True:
            kind = await server.readexactly(1)
            size = await server.readexactly(4)
            message = kind + size + await server.readexactly(struct.unpack("!I", size)[0] - 4)
            if doom in ("cut_after", "cut_reply"):
                kept += message
            else:
                self._answers.write(message)
                await self._answers.drain()
            if kind == READY:
                if doom == "cut_reply":
                    self._answers.write(kept[: len(kept) // 2])
                    await self._answers.drain()
                if doom in ("cut_after", "cut_reply"):
                    return
                doom = await self._doom.get()


class Gate:
    """Where lines come in, and what they lead to."""

    def __init__(self, database_url: str) -> None:
        self._address = address_of(database_url)
        self._database = Database(database_url, size=4)

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._take, "127.0.0.1", port)

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._address
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def strike(self, channel: str, what: str) -> str | None:
        return await asyncio.to_thread(self._strike, channel, what)

    def _strike(self, channel: str, what: str) -> str | None:
        with self._database.connection() as connection:
            return book.strike(connection, channel, what)

    async def _take(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        try:
            await Line(self, client, answers).run()
        except (OSError, EOFError, DatabaseAway) as error:
            logger.info("A line ended: %s", error)
        except asyncio.CancelledError:
            logger.info("The gate closes.")  # asyncio's streams complain of a cancelled handler
        finally:
            with contextlib.suppress(OSError):
                answers.transport.abort()


def address_of(database_url: str) -> tuple[str, int]:
    """(host or socket folder, port) of a postgresql:// address."""
    parts = urlsplit(database_url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    return folder or parts.hostname or "127.0.0.1", parts.port or 5432


def _words(request: bytes) -> str:
    """The beginning of the statement, for the log; parameters are not in it."""
    body = request[5:].lstrip(b"\0")[:80]
    return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in body).strip()


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="gate: %(message)s")
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database-url", required=True)
    given = parser.parse_args()
    try:
        asyncio.run(_serve(given.port, given.database_url))
    except (psycopg.Error, OSError) as error:
        sys.stderr.write(f"The gate cannot open: {error}\n")
        return 1
    return 0


async def _serve(port: int, database_url: str) -> None:
    server = await Gate(database_url).serve(port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if threading.current_thread() is threading.main_thread():
            loop.add_signal_handler(number, server.close)
    async with server:
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())

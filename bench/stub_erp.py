"""An ERP on loopback: answers every request after a given time, keeps nothing but a counter.

As a program it is the ERP (`python -m bench.stub_erp MILLISECONDS`, prints its port); as a module
it is the connector to it: up to 100 documents a request, through the product's own HTTP client.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from integrations.canonical import (
    DocumentKind,
    DocumentRef,
    FoundPosting,
    ItemSnapshot,
    OpenItemRecord,
    Outcome,
    OutcomeStatus,
    draft_to_json,
)
from integrations.contracts import ConnectionCheck, PostRequest
from integrations.http import HttpClient
from integrations.money import Money

ROOT = Path(__file__).resolve().parent.parent
#: So many documents go in one request.
AT_ONCE = 100
BALANCE = "1000.00"
#: A gateway asked for anything lets everybody in and has nothing.
GATEWAY = {
    "success": True, "access_token": "bench", "token_type": "Bearer", "expires_in": 7200,
    "transactions": [],
}  # fmt: skip


# --- the ERP ----------------------------------------------------------------------------------


async def _serve(delay: float) -> None:
    numbers = iter(range(1, 1 << 60))

    def answer(path: str, body: bytes) -> Any:
        if path == "/documents":
            return [f"D-{next(numbers)}" for _ in json.loads(body)]
        if path in ("/items", "/customers"):
            return json.loads(body)  # every invoice and every customer there may be is there
        return GATEWAY

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                asked = await reader.readexactly(length)
                if delay:
                    await asyncio.sleep(delay)
                path = head.split(b" ", 2)[1].decode()
                body = json.dumps(answer(path, asked)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body)
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def erp_answering_in(milliseconds: float) -> Iterator[str]:
    """The address of an ERP in a process of its own."""
    command = [sys.executable, "-m", "bench.stub_erp", str(milliseconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


# --- the connector to it ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StubErpSettings:
    url: str

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> StubErpSettings:
        return cls(url=settings["url"])


def create(
    settings: StubErpSettings, *, sandbox: bool, on_request: Callable[[], None] | None = None
) -> StubErpConnector:
    return StubErpConnector(HttpClient(settings.url, sandbox=sandbox, on_request=on_request))


class StubErpConnector:
    """PostsDocuments and ReadsOpenItems, spoken to the process above."""

    enforces_keys = True

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def close(self) -> None:
        self._http.close()

    def check_connection(self) -> list[ConnectionCheck]:
        return []

    def post(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        outcomes = []
        for start in range(0, len(requests), AT_ONCE):
            some = requests[start : start + AT_ONCE]
            numbers = json.loads(self._http.write("POST", "/documents", json=_wire(some)).body)
            outcomes += [
                Outcome(
                    one.key,
                    OutcomeStatus.DONE,
                    DocumentRef(
                        number, number, one.batch_ref, one.draft.kind is not DocumentKind.BATCH
                    ),
                )
                for one, number in zip(some, numbers, strict=True)
            ]
        return outcomes

    def find_postings(self, company: str, keys: Sequence[str]) -> list[FoundPosting]:
        return []

    def snapshot(
        self,
        company: str,
        *,
        references: Sequence[str] = (),
        item_keys: Sequence[str] = (),
        keys: Sequence[str] = (),
    ) -> ItemSnapshot:
        asked = list(dict.fromkeys([*references, *item_keys]))
        answer = json.loads(self._http.read("POST", "/items", json=asked).body)
        return ItemSnapshot(tuple(_item(company, number) for number in answer), frozenset())

    def customers_exist(self, company: str, customer_ids: Sequence[str]) -> frozenset[str]:
        asked = list(customer_ids)
        return frozenset(json.loads(self._http.read("POST", "/customers", json=asked).body))

    def fetch_open_items(
        self, company: str, cursor: Mapping[str, Any], limit: int
    ) -> tuple[list[OpenItemRecord], Mapping[str, Any], bool]:
        return [], cursor, False

    def open_items_of(self, company: str, customer_id: str, limit: int) -> list[OpenItemRecord]:
        return []

    def closed_periods(self, company: str, days: Sequence[date]) -> frozenset[date]:
        return frozenset()


def _wire(requests: Sequence[PostRequest]) -> list[list[Any]]:
    return [[one.key, one.content_hash, draft_to_json(one.draft)] for one in requests]


def _item(company: str, number: str) -> OpenItemRecord:
    """Invoice `number` belongs to the customer whose payment names it; see hub.payment."""
    balance = Money(Decimal(BALANCE), "USD")
    return OpenItemRecord(
        company=company,
        item_key=number,
        document_no=number,
        references=(number,),
        customer_id=str(12_346 + (int(number) - 536_365) % 4000),
        customer_name="",
        invoiced_on=date(2011, 1, 3),
        amount=balance,
        balance=balance,
        available=balance,
    )


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))

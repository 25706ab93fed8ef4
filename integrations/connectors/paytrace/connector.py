"""PayTrace, version 1 of its JSON API: transactions and settlement batches by polling.

PayTrace has no webhooks, no change feed and no paging. What may still change is read again: every
day of a rolling window, and every transaction that is not terminal (`watch`) by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import httpx

from integrations.connectors.paytrace import parser
from integrations.connectors.paytrace.client import PayTraceClient
from integrations.connectors.paytrace.config import PayTraceSettings
from integrations.connectors.paytrace.walk import Walk, day_after
from integrations.contracts import (
    Capability,
    ConnectionCheck,
    Document,
    Page,
    Parsed,
    failed_check,
)
from integrations.errors import EdgeError, UnreadableError
from integrations.http import HttpClient

TRANSACTIONS: Final = "transactions"
BATCHES: Final = "batches"
HINT: Final = "hint"
#: A batch list is short (a line a day), so one request covers up to this many days.
BATCH_SPAN: Final = timedelta(days=31)


def create(
    settings: PayTraceSettings,
    *,
    sandbox: bool,
    on_request: Callable[[], None] | None = None,
    transport: httpx.BaseTransport | None = None,
) -> PayTraceConnector:
    http = HttpClient(
        settings.base_url, sandbox=sandbox, on_request=on_request, transport=transport
    )
    return PayTraceConnector(settings, PayTraceClient(settings, http))


class PayTraceConnector:
    def __init__(self, settings: PayTraceSettings, client: PayTraceClient) -> None:
        self._settings = settings
        self._client = client

    def __repr__(self) -> str:
        return f"PayTraceConnector({self._settings.base_url!r})"

    def close(self) -> None:
        self._client.close()

    def check_connection(self) -> list[ConnectionCheck]:
        """Log in, then read today's transactions: what polling needs, nothing more."""
        checks: list[ConnectionCheck] = []
        today = datetime.now(UTC).astimezone(parser.BUSINESS_ZONE).date()
        steps: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("Log in", "PayTrace knows the user and the password.", self._client.log_in),
            (
                "Read transactions",
                "The user may read payments: they will come in.",
                lambda: self._client.export_days(today, today),
            ),
            (
                "Read settlement batches",
                "The user may read batches: settlements will be matched.",
                lambda: self._client.export_batches(today, today),
            ),
        )
        for name, meaning, step in steps:
            try:
                step()
            except EdgeError as error:
                checks.append(failed_check(name, error))
                break
            checks.append(ConnectionCheck(name, True, meaning))
        return checks

    def fetch(
        self,
        stream: Capability,
        cursor: Mapping[str, Any],
        *,
        moment: datetime,
        limit: int,
        watch: Sequence[str] = (),
    ) -> Page:
        """Transactions: one document a Pacific day, then one for each watched id not among them.

        Batches: one document for up to 31 days. cursor: {} at first, {"through": ISO UTC} after a
        complete walk, and {"walk": …} beside it while one is under way.
        A request that fails costs itself alone: the page ends before it, with it as its trouble.
        Raises: TransientError, ThrottledError, AuthError, RejectedError.
        """
        walk = Walk.resume(cursor) or Walk.begin(
            str(cursor.get("through", "")),
            watch if stream is Capability.TRANSACTIONS else (),
            moment=moment,
            zone=parser.BUSINESS_ZONE,
            window_days=self._settings.window_days,
            start_on=self._settings.start_on,
        )
        if stream is Capability.TRANSACTIONS:
            step = self._next_transactions
        elif stream is Capability.BATCHES:
            step = self._next_batches
        else:
            raise ValueError(f"PayTrace has no stream {stream.value!r}.")
        documents: list[Document] = []
        trouble = None
        while walk.has_more and len(documents) < max(limit, 1):
            try:
                documents.append(step(walk))
            except EdgeError as error:
                if not documents:
                    raise
                trouble = error
                break
        return Page(documents, walk.cursor(), walk.has_more, trouble, walk.began)

    def fetch_by_id(self, stream: Capability, vendor_id: str) -> Document:
        """One transaction by its id, as PayTrace sees it now. Batches are read by date only."""
        if stream is not Capability.TRANSACTIONS:
            raise ValueError("PayTrace's batches are read by date, not by number.")
        body = self._client.export_transaction(vendor_id)
        return Document(
            TRANSACTIONS, body, name=f"id {vendor_id}", context={"transaction_id": vendor_id}
        )

    def cursor_from(self, day: date) -> Mapping[str, Any]:
        """As though the day before had been the last one that was read."""
        before = datetime.combine(day - timedelta(days=1), time.min, parser.BUSINESS_ZONE)
        return {"through": before.astimezone(UTC).isoformat()}

    def fetch_day(self, stream: Capability, day: date) -> Sequence[Document]:
        """One Pacific day once more: transactions created or settled on it, or its batches."""
        if stream is Capability.TRANSACTIONS:
            body = self._client.export_days(day, day)
            return [Document(TRANSACTIONS, body, name=day.isoformat())]
        if stream is Capability.BATCHES:
            body = self._client.export_batches(day, day)
            return [Document(BATCHES, body, name=f"{day.isoformat()} to {day.isoformat()}")]
        raise ValueError(f"PayTrace has no stream {stream.value!r}.")

    def parse(self, kind: str, body: bytes, context: Mapping[str, str]) -> Parsed:
        settings = self._settings
        if kind == TRANSACTIONS:
            asked = context.get("transaction_id", "")
            return parser.parse_transactions(body, settings.zone, settings.include_bin, asked)
        if kind == BATCHES:
            return parser.parse_batches(body, settings.batch_keys, settings.zone)
        if kind == HINT:
            return parser.parse_hint(body)
        raise UnreadableError(f"PayTrace has no documents of the kind {kind!r}.")

    def sources_of(self, kind: str) -> Mapping[str, Sequence[str]]:
        return parser.TRANSACTION_SOURCES if kind == TRANSACTIONS else {}

    def _next_transactions(self, walk: Walk) -> Document:
        """The next day, or the next watched id. The walk moves on only behind an answer."""
        if not walk.days_left:
            document = self.fetch_by_id(Capability.TRANSACTIONS, walk.left[0])
            walk.left = walk.left[1:]
            return document
        day = walk.day
        body = self._client.export_days(day, day)
        walk.forget(parser.ids_in(body))
        walk.day = day_after(day)
        return Document(TRANSACTIONS, body, name=day.isoformat())

    def _next_batches(self, walk: Walk) -> Document:
        first: date = walk.day
        last = min(first + BATCH_SPAN - timedelta(days=1), walk.until)
        body = self._client.export_batches(first, last)
        walk.day = day_after(last)
        return Document(BATCHES, body, name=f"{first.isoformat()} to {last.isoformat()}")

"""Orders of a shop in Tieout's own format: announced by signed webhooks, dropped or uploaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from integrations.connectors.orders.config import OrdersSettings
from integrations.connectors.orders.parser import parse_file, parse_order
from integrations.contracts import (
    Capability,
    ConnectionCheck,
    Document,
    Page,
    Parsed,
    failed_check,
)
from integrations.errors import ConfigError, RejectedError, TransientError, UnreadableError
from integrations.statement_folder import StatementFolder

#: One order, as a webhook brings it; and a file of them, one a line.
ORDER: Final = "order"
ORDERS: Final = "orders"
CONTENT_TYPE: Final = "application/jsonl"


def create(
    settings: OrdersSettings,
    *,
    sandbox: bool,
    on_request: Callable[[], None] | None = None,
) -> OrdersConnector:
    """Nobody is asked for orders: there is neither a sandbox nor a request budget to know."""
    return OrdersConnector(settings)


class OrdersConnector:
    def __init__(self, settings: OrdersSettings) -> None:
        self._settings = settings
        self._folder = (
            StatementFolder(Path(settings.folder), settings.pattern, CONTENT_TYPE, {}, kind=ORDERS)
            if settings.folder
            else None
        )

    def __repr__(self) -> str:
        return f"OrdersConnector({self._settings.folder!r})"

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def check_connection(self) -> list[ConnectionCheck]:
        if self._folder is None:
            meaning = "Nothing has to be asked: orders come as signed webhooks or are uploaded."
            return [ConnectionCheck("Take orders", True, meaning)]
        try:
            count = len(self._folder.files())
        except (ConfigError, TransientError) as error:
            return [failed_check("Read the folder", error)]
        return [ConnectionCheck("Read the folder", True, f"It holds {count} files of orders.")]

    def fetch(
        self,
        stream: Capability,
        cursor: Mapping[str, Any],
        *,
        moment: datetime,
        limit: int,
        watch: Sequence[str] = (),
    ) -> Page:
        """Files in the order of their names; without a folder there are none."""
        if stream is not Capability.SHOP_ORDERS:
            raise ValueError(f"A shop has no stream {stream.value!r}.")
        return self._folder.page(cursor, limit) if self._folder else Page((), {}, False)

    def fetch_by_id(self, stream: Capability, vendor_id: str) -> Document:
        """One file by its name."""
        if self._folder is None:
            raise RejectedError("This shop has no folder of orders.")
        return self._folder.document(vendor_id)

    def cursor_from(self, day: date) -> Mapping[str, Any]:
        """From the first file on: names say nothing about the days in them."""
        return {}

    def parse(self, kind: str, body: bytes, context: Mapping[str, str]) -> Parsed:
        if kind == ORDER:
            return parse_order(body)
        if kind == ORDERS:
            return parse_file(body)
        raise UnreadableError(f"A shop has no documents of the kind {kind!r}.")

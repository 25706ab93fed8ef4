"""Bank statements as CSV files, from a folder or uploaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from integrations.connectors.bank_csv.config import BankCsvSettings
from integrations.connectors.bank_csv.parser import parse_statement
from integrations.contracts import (
    Capability,
    ConnectionCheck,
    Document,
    Page,
    Parsed,
    failed_check,
)
from integrations.errors import ConfigError, TransientError, UnreadableError
from integrations.statement_folder import STATEMENT, StatementFolder


def create(
    settings: BankCsvSettings,
    *,
    sandbox: bool,
    on_request: Callable[[], None] | None = None,
) -> BankCsvConnector:
    """A folder knows neither sandbox nor request budget."""
    return BankCsvConnector(settings)


class BankCsvConnector:
    def __init__(self, settings: BankCsvSettings) -> None:
        self._settings = settings
        self._folder = StatementFolder(
            Path(settings.folder), settings.pattern, "text/csv", {"account": settings.account}
        )

    def __repr__(self) -> str:
        return f"BankCsvConnector({self._settings.account!r})"

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def check_connection(self) -> list[ConnectionCheck]:
        try:
            count = len(self._folder.files())
        except (ConfigError, TransientError) as error:
            return [failed_check("Read the folder", error)]
        return [ConnectionCheck("Read the folder", True, f"It holds {count} statement files.")]

    def fetch(
        self,
        stream: Capability,
        cursor: Mapping[str, Any],
        *,
        moment: datetime,
        limit: int,
        watch: Sequence[str] = (),
    ) -> Page:
        """Files in the order of their names; see StatementFolder.page."""
        if stream is not Capability.STATEMENTS:
            raise ValueError(f"A statement folder has no stream {stream.value!r}.")
        return self._folder.page(cursor, limit)

    def fetch_by_id(self, stream: Capability, vendor_id: str) -> Document:
        """One file by its name."""
        return self._folder.document(vendor_id)

    def cursor_from(self, day: date) -> Mapping[str, Any]:
        """From the first file on: names say nothing about the days in them."""
        return {}

    def parse(self, kind: str, body: bytes, context: Mapping[str, str]) -> Parsed:
        if kind != STATEMENT:
            raise UnreadableError(f"A statement folder has no documents of the kind {kind!r}.")
        return parse_statement(body, self._settings)

"""Bank statements in the banks' own formats, from a folder or uploaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from integrations.connectors.bank_file.config import BankFileSettings
from integrations.connectors.bank_file.parser import parse_statement
from integrations.contracts import (
    Capability,
    ConnectionCheck,
    Document,
    Page,
    Parsed,
    failed_check,
)
from integrations.errors import ConfigError, RejectedError, TransientError, UnreadableError
from integrations.statement_folder import STATEMENT, StatementFolder


def create(
    settings: BankFileSettings,
    *,
    sandbox: bool,
    on_request: Callable[[], None] | None = None,
) -> BankFileConnector:
    """A folder knows neither sandbox nor request budget."""
    return BankFileConnector(settings)


class BankFileConnector:
    def __init__(self, settings: BankFileSettings) -> None:
        self._settings = settings
        self._folder = (
            StatementFolder(
                Path(settings.folder),
                settings.pattern,
                "application/octet-stream",
                {"account": settings.account},
            )
            if settings.folder
            else None
        )

    def __repr__(self) -> str:
        return f"BankFileConnector({self._settings.account!r})"

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def check_connection(self) -> list[ConnectionCheck]:
        name = "Read the folder"
        if self._folder is None:
            return [ConnectionCheck(name, True, "None is set: statements are uploaded by hand.")]
        try:
            count = len(self._folder.files())
        except (ConfigError, TransientError) as error:
            return [failed_check(name, error)]
        return [ConnectionCheck(name, True, f"It holds {count} statement files.")]

    def fetch(
        self,
        stream: Capability,
        cursor: Mapping[str, Any],
        *,
        moment: datetime,
        limit: int,
        watch: Sequence[str] = (),
    ) -> Page:
        """Files in the order of their names; see StatementFolder.page. None without a folder."""
        if stream is not Capability.STATEMENTS:
            raise ValueError(f"A bank account has no stream {stream.value!r}.")
        if self._folder is None:
            return Page((), cursor, has_more=False)
        return self._folder.page(cursor, limit)

    def fetch_by_id(self, stream: Capability, vendor_id: str) -> Document:
        """One file by its name."""
        if self._folder is None:
            raise RejectedError("This account has no folder of statements.")
        return self._folder.document(vendor_id)

    def cursor_from(self, day: date) -> Mapping[str, Any]:
        """From the first file on: names say nothing about the days in them."""
        return {}

    def parse(self, kind: str, body: bytes, context: Mapping[str, str]) -> Parsed:
        if kind != STATEMENT:
            raise UnreadableError(f"A bank account has no documents of the kind {kind!r}.")
        return parse_statement(body, self._settings)

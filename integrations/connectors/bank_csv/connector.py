"""Bank statements from a folder: files are read in the order of their names, as they are.

Nothing in the folder is ever changed, moved or deleted.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

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
from integrations.errors import ConfigError, RejectedError, TransientError, UnreadableError

STATEMENT: Final = "statement"
LARGEST_FILE: Final = 50 * 1024 * 1024
#: Names that programs give to files they are still writing.
UNFINISHED: Final = (".part", ".tmp", ".crdownload", "~")


class Stamp(NamedTuple):
    """What changes when a file does. Its time never orders anything."""

    size: int
    changed_at_ns: int


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
        self._folder = Path(settings.folder)

    def __repr__(self) -> str:
        return f"BankCsvConnector({self._settings.account!r})"

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def check_connection(self) -> list[ConnectionCheck]:
        try:
            count = len(self._files())
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
        """Files behind the last name read, in the order of names, `limit` a page.

        cursor: {"after": last name, "names": hash of names, sizes and times of change up to it}. A
        file that appears, changes or goes below the last name changes the hash, and reading starts
        anew: files repeat then (the same bytes have the same identity), none is lost.
        Raises: ConfigError, TransientError, RejectedError.
        """
        if stream is not Capability.STATEMENTS:
            raise ValueError(f"A statement folder has no stream {stream.value!r}.")
        files = self._files()
        after = str(cursor.get("after", ""))
        if cursor.get("names") != _hash_up_to(files, after):
            after = ""
        waiting = [name for name in files if name > after]
        documents: list[Document] = []
        for name in waiting[: max(limit, 1)]:
            if files[name].size > LARGEST_FILE and documents:
                break
            documents.append(self._document(name))
        last = documents[-1].name if documents else after
        next_cursor = {"after": last, "names": _hash_up_to(files, last)} if last else {}
        return Page(documents, next_cursor, len(documents) < len(waiting))

    def fetch_by_id(self, stream: Capability, vendor_id: str) -> Document:
        """One file by its name."""
        if vendor_id not in self._files():
            raise RejectedError(f"The folder holds no statement file {vendor_id[:80]!r}.")
        return self._document(vendor_id)

    def cursor_from(self, day: date) -> Mapping[str, Any]:
        """From the first file on: names say nothing about the days in them."""
        return {}

    def parse(self, kind: str, body: bytes, context: Mapping[str, str]) -> Parsed:
        if kind != STATEMENT:
            raise UnreadableError(f"A statement folder has no documents of the kind {kind!r}.")
        return parse_statement(body, self._settings)

    def _files(self) -> dict[str, Stamp]:
        """Stamps by name in the order of names; links, folders and unfinished files are left."""
        try:
            entries = [
                entry
                for entry in self._folder.iterdir()
                if fnmatch.fnmatch(entry.name.lower(), self._settings.pattern.lower())
                and not entry.name.startswith(".")
                and not entry.name.lower().endswith(UNFINISHED)
                and not entry.is_symlink()
                and entry.is_file()
            ]
            stats = ((entry.name, entry.stat()) for entry in sorted(entries))
            return {name: Stamp(stat.st_size, stat.st_mtime_ns) for name, stat in stats}
        except (FileNotFoundError, NotADirectoryError):
            raise ConfigError(
                f"There is no folder {self._settings.folder}.", setting="folder"
            ) from None
        except PermissionError as error:
            raise _not_permitted(error.filename or self._settings.folder) from error
        except OSError as error:
            raise TransientError(f"The folder cannot be read: {error.strerror}.") from error

    def _document(self, name: str) -> Document:
        try:
            with (self._folder / name).open("rb") as file:
                body = file.read(LARGEST_FILE + 1)
        except PermissionError as error:
            raise _not_permitted(self._folder / name) from error
        except OSError as error:
            raise TransientError(f"{name} cannot be read: {error.strerror}.") from error
        if len(body) > LARGEST_FILE:
            raise RejectedError(f"{name} is larger than {LARGEST_FILE // 1024**2} MB; split it.")
        return Document(
            STATEMENT,
            body,
            identity=hashlib.sha256(body).hexdigest(),
            content_type="text/csv",
            name=name,
            context={"account": self._settings.account},
        )


def _not_permitted(place: object) -> ConfigError:
    """Time does not heal it: an administrator has to."""
    return ConfigError(
        f"“Folder”: the user that Tieout runs as may not read {place}.", setting="folder"
    )


def _hash_up_to(files: Mapping[str, Stamp], last: str) -> str:
    known = [[name, *stamp] for name, stamp in files.items() if name <= last]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest() if last else ""

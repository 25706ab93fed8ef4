"""A folder into which a bank's statement files are put: each is read once, in order, as it is.

Nothing in the folder is ever changed, moved or deleted. What every connector of statement files
reads them with; it knows no format.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from integrations.contracts import Document, Page
from integrations.errors import ConfigError, RejectedError, TransientError

STATEMENT: Final = "statement"
LARGEST_FILE: Final = 50 * 1024 * 1024
#: Names that programs give to files they are still writing.
UNFINISHED: Final = (".part", ".tmp", ".crdownload", "~")


class Stamp(NamedTuple):
    """What changes when a file does. Its time never orders anything."""

    size: int
    changed_at_ns: int


class StatementFolder:
    """`pattern` is a file name with * and ?; `context` goes with every document, of this `kind`."""

    def __init__(
        self,
        path: Path,
        pattern: str,
        content_type: str,
        context: Mapping[str, str],
        *,
        kind: str = STATEMENT,
    ) -> None:
        self.path = path
        self._kind = kind
        self._pattern = pattern.lower()
        self._content_type = content_type
        self._context = context

    def page(self, cursor: Mapping[str, Any], limit: int) -> Page:
        """Files behind the last name read, in the order of names, `limit` a page.

        cursor: {"after": last name, "names": hash of names, sizes and times of change up to it}. A
        file that appears, changes or goes below the last name changes the hash, and reading starts
        anew: files repeat then (the same bytes have the same identity), none is lost.
        Raises: ConfigError, TransientError, RejectedError.
        """
        files = self.files()
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

    def document(self, name: str) -> Document:
        """One file by its name."""
        if name not in self.files():
            raise RejectedError(f"The folder holds no file named {name[:80]!r}.")
        return self._document(name)

    def files(self) -> dict[str, Stamp]:
        """Stamps by name in the order of names; links, folders and unfinished files are left."""
        try:
            entries = [
                entry
                for entry in self.path.iterdir()
                if fnmatch.fnmatch(entry.name.lower(), self._pattern)
                and not entry.name.startswith(".")
                and not entry.name.lower().endswith(UNFINISHED)
                and not entry.is_symlink()
                and entry.is_file()
            ]
            stats = ((entry.name, entry.stat()) for entry in sorted(entries))
            return {name: Stamp(stat.st_size, stat.st_mtime_ns) for name, stat in stats}
        except (FileNotFoundError, NotADirectoryError):
            raise ConfigError(f"There is no folder {self.path}.", setting="folder") from None
        except PermissionError as error:
            raise _not_permitted(error.filename or self.path) from error
        except OSError as error:
            raise TransientError(f"The folder cannot be read: {error.strerror}.") from error

    def _document(self, name: str) -> Document:
        try:
            with (self.path / name).open("rb") as file:
                body = file.read(LARGEST_FILE + 1)
        except PermissionError as error:
            raise _not_permitted(self.path / name) from error
        except OSError as error:
            raise TransientError(f"{name} cannot be read: {error.strerror}.") from error
        if len(body) > LARGEST_FILE:
            raise RejectedError(f"{name} is larger than {LARGEST_FILE // 1024**2} MB; split it.")
        return Document(
            self._kind,
            body,
            identity=hashlib.sha256(body).hexdigest(),
            content_type=self._content_type,
            name=name,
            context=self._context,
        )


def _not_permitted(place: object) -> ConfigError:
    """Time does not heal it: an administrator has to."""
    return ConfigError(
        f"“Folder”: the user that Tieout runs as may not read {place}.", setting="folder"
    )


def _hash_up_to(files: Mapping[str, Stamp], last: str) -> str:
    known = [[name, *stamp] for name, stamp in files.items() if name <= last]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest() if last else ""

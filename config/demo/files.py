"""Small JSON files that are never seen half written."""

import json
import os
from pathlib import Path
from typing import Any

from config.demo.errors import DemoError


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def refuse_unwritable(path: Path) -> None:
    """A file that is written at the end of a long run is tried at its beginning. Raises DemoError.

    What stands there already is left as it is.
    """
    if path.is_dir():
        raise DemoError(f"The summary cannot be written to {path}: it is a folder; name a file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch()
        draft.unlink()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DemoError(f"The summary cannot be written to {path}: {why}.") from error


def read_json(path: Path) -> Any:
    """The content, or None when there is no readable file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

"""Which pictures the pages of docs/for/ show, and whether those that were taken are the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

LARGEST_IN_ALL: Final = 3_000_000
NAMED: Final = re.compile(r"!\[[^\]]+\]\(\.\./pictures/([\w-]+)\.webp\)")


def named_in(pages: Path) -> set[str]:
    """The pictures that the pages show."""
    return {name for page in pages.glob("*.md") for name in NAMED.findall(page.read_text())}


def faults_of(taken: dict[str, bytes], named: set[str]) -> list[str]:
    """Sentences; none when pages and pictures go together."""
    size = sum(map(len, taken.values()))
    return [
        *(f"A page names {name}, which no scene takes." for name in sorted(named - set(taken))),
        *(f"No page names {name}." for name in sorted(set(taken) - named)),
        *([f"{size:,} bytes are too many."] if size > LARGEST_IN_ALL else []),
    ]


def keep(taken: dict[str, bytes], folder: Path) -> None:
    """What is taken replaces all that lay there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    for name, content in taken.items():
        (folder / f"{name}.webp").write_bytes(content)

"""The desk's spreadsheet as rows by the heads of their columns, without card numbers."""

from __future__ import annotations

from typing import Final

from audit import guard
from console.sheets import Bounds, lines_of

MOST_BYTES: Final = 8_000_000
MOST_ROWS: Final = 20_000
BOUNDS: Final = Bounds(MOST_BYTES, unfolded=200_000_000, rows=MOST_ROWS)
WIDEST: Final = 500


def read(body: bytes) -> list[dict[str, str]]:
    """The rows below the head, by the heads of their columns.

    Card numbers are replaced before anything is kept. Raises console.sheets.SheetError.
    """
    lines = ([_cleaned(cell) for cell in cells] for _, cells in lines_of(body, BOUNDS))
    heads = next(lines)
    return [
        {head: cell for head, cell in zip(heads, cells, strict=False) if head} for cells in lines
    ]


def _cleaned(text: str) -> str:
    return guard.inspect_text(text[:WIDEST]).text if text else text

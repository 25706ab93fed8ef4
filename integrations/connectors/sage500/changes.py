"""Where the reading of changed invoices stands. Pure.

Sage stamps a change before its transaction ends, so a row may appear behind rows already read. A
new walk therefore begins no later than `overlap` before the database's clock at the last reading:
what was stamped earlier has ended by then. Rows of that stretch that were delivered already, known
by their update counter, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

#: Below every key Sage hands out.
LOWEST_KEY: Final = -(2**31)
#: More rows than this in one stretch are delivered twice rather than remembered.
MOST_REMEMBERED: Final = 2000


def _print_of(row: Mapping[str, Any]) -> str:
    return f"{row['ChangedAt'].isoformat()}|{row['UpdateCounter']}"


@dataclass(frozen=True, slots=True)
class ChangeCursor:
    """{"changed", "key"}: read behind this pair. "newest": newest change seen. "recent": prints
    of the rows delivered lately, by key."""

    after: tuple[datetime, int] | None = None
    newest: datetime | None = None
    recent: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: Mapping[str, Any]) -> ChangeCursor:
        if not cursor:
            return cls()
        return cls(
            after=(datetime.fromisoformat(cursor["changed"]), int(cursor["key"])),
            newest=datetime.fromisoformat(cursor["newest"]),
            recent=dict(cursor.get("recent", {})),
        )

    def is_news(self, row: Mapping[str, Any]) -> bool:
        return self.recent.get(str(row["InvcKey"])) != _print_of(row)

    def moved(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        has_more: bool,
        read_at: datetime,
        overlap: timedelta,
    ) -> dict[str, Any]:
        """The JSON-plain cursor behind `rows`, which came in order of (change, key).

        `read_at` is the database's clock before the rows were read.
        """
        newest = max((row["ChangedAt"] for row in rows), default=self.newest)
        if newest is None:
            return {}
        newest = max(newest, self.newest or newest)
        stretch = min(newest, read_at - overlap)
        prints = {**self.recent, **{str(row["InvcKey"]): _print_of(row) for row in rows}}
        start = stretch.isoformat()
        kept = sorted(
            ((key, text) for key, text in prints.items() if text >= start), key=lambda pair: pair[1]
        )[-MOST_REMEMBERED:]
        behind = (rows[-1]["ChangedAt"], rows[-1]["InvcKey"]) if has_more else (stretch, LOWEST_KEY)
        return {
            "changed": behind[0].isoformat(),
            "key": behind[1],
            "newest": newest.isoformat(),
            "recent": dict(kept),
        }

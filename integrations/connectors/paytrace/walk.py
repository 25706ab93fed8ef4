"""Where a poll stands: which days are still to be read, and which watched ids. Pure.

A walk begins at its first day and goes on over as many pages as it takes. `through` moves to the
moment at which the walk *began*: what PayTrace took in meanwhile belongs to the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def _by_number(vendor_id: str) -> tuple[int, str]:
    return len(vendor_id), vendor_id


@dataclass(slots=True)
class Walk:
    """`day` is the next day to read, `until` the last; `left` are the watched ids still to read.

    `left` is fixed when the walk begins: what is booked from its own first pages need not be read
    by id once more.
    """

    began: datetime
    day: date
    until: date
    through: str = ""
    left: list[str] = field(default_factory=list)

    @classmethod
    def begin(
        cls,
        through: str,
        watch: Iterable[str],
        *,
        moment: datetime,
        zone: ZoneInfo,
        window_days: int,
        start_on: date | None,
    ) -> Walk:
        """A new walk up to the day of `moment` in `zone`."""
        today = moment.astimezone(zone).date()
        first = today - timedelta(days=window_days)
        if through:
            first = min(first, datetime.fromisoformat(through).astimezone(zone).date())
        if start_on is not None:
            first = max(first, start_on) if through else start_on
        return cls(moment, first, today, through, sorted(set(watch), key=_by_number))

    @classmethod
    def resume(cls, cursor: Mapping[str, Any]) -> Walk | None:
        """The walk that a cursor stands in, None where it stands in none."""
        walk = cursor.get("walk")
        if not walk:
            return None
        return cls(
            began=datetime.fromisoformat(walk["began"]),
            day=date.fromisoformat(walk["day"]),
            until=date.fromisoformat(walk["until"]),
            through=str(cursor.get("through", "")),
            left=list(walk["left"]),
        )

    @property
    def days_left(self) -> bool:
        return self.day <= self.until

    @property
    def has_more(self) -> bool:
        return self.days_left or bool(self.left)

    def forget(self, seen: frozenset[str]) -> None:
        """Ids that a day's document holds need not be read one by one."""
        self.left = [vendor_id for vendor_id in self.left if vendor_id not in seen]

    def cursor(self) -> dict[str, Any]:
        """JSON-plain: {"through"} after a complete walk, {"walk"} beside it during one."""
        began = self.began.astimezone(UTC).isoformat()
        if not self.has_more:
            return {"through": began}
        walk = {
            "began": began,
            "day": self.day.isoformat(),
            "until": self.until.isoformat(),
            "left": self.left,
        }
        return {"through": self.through, "walk": walk} if self.through else {"walk": walk}

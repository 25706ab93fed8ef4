"""Two clocks. Wall time is for tokens, signatures, back-off and audit; business time is for
cursors, periods, settlement and cut-offs, and can be injected where nothing is real."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings


class ClockError(RuntimeError):
    """The injected clock cannot be read."""


def wall_now() -> datetime:
    return datetime.now(UTC)


def business_now() -> datetime:
    """Business time in UTC: the wall clock's, or that of TIEOUT_CLOCK_FILE outside production."""
    path: Path | None = settings.TIEOUT_CLOCK_FILE
    if path is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(Path(path).read_text().strip())
    except (OSError, ValueError) as error:
        raise ClockError(f"The business clock {path} holds no ISO time: {error}.") from error
    return moment.astimezone(UTC)


def business_day(moment: datetime, time_zone: str) -> date:
    """The calendar day of a moment where the business keeps its books."""
    return moment.astimezone(ZoneInfo(time_zone)).date()

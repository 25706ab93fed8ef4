import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from integrations.sandbox.clock import ClockUnreadable, SandboxClock

NOON = datetime(2010, 12, 1, 12, tzinfo=UTC)


def test_the_moment_that_was_set_is_read_in_utc(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock")
    clock.set(NOON.astimezone(timezone(timedelta(hours=-8))))
    assert clock.path.read_text() == "2010-12-01T12:00:00+00:00\n"
    assert SandboxClock(clock.path).now() == NOON


def test_business_time_never_moves_backwards(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock")
    assert clock.set(NOON) == NOON
    assert clock.set(NOON - timedelta(days=1)) == NOON
    assert clock.now() == NOON


def test_of_many_writers_the_latest_moment_wins(tmp_path: Path) -> None:
    moments = [NOON + timedelta(minutes=minute) for minute in range(40)]
    writers = [
        threading.Thread(target=SandboxClock(tmp_path / "clock").set, args=(moment,))
        for moment in reversed(moments)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert SandboxClock(tmp_path / "clock").now() == moments[-1]


def test_a_moment_without_a_zone_is_refused(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock")
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2010, 12, 1))  # noqa: DTZ001  (the point of the test)
    clock.path.write_text("2010-12-01T12:00:00")
    with pytest.raises(ClockUnreadable, match="offset"):
        clock.now()


def test_a_clock_that_is_missing_or_no_time_is_named(tmp_path: Path) -> None:
    clock = SandboxClock(tmp_path / "clock")
    with pytest.raises(ClockUnreadable, match="cannot be read"):
        clock.now()
    clock.path.write_bytes(b"\xff")
    with pytest.raises(ClockUnreadable, match="ISO-8601"):
        clock.now()

"""The world's calendar: Pacific business days and the bank's days."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

PACIFIC: Final = ZoneInfo("America/Los_Angeles")

# Sales are made between 15:00 and 23:00 UTC, which is the same Pacific day in summer and winter.
SHOPS_OPEN: Final = time(15, 0)
SHOPS_HOURS: Final = 8
# The evening, 00:30 to 02:30 UTC of the next day, ends before the gateway's close at 20:00 Pacific.
EVENING_OPENS: Final = time(0, 30)
EVENING_HOURS: Final = 2


def shops_open(day: date) -> datetime:
    return datetime.combine(day, SHOPS_OPEN, UTC)


def evening_opens(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), EVENING_OPENS, UTC)


def evening_slot(day: date) -> datetime:
    """When the shops are closed and nothing of the day has settled yet."""
    return datetime.combine(day + timedelta(days=1), time(0, 0), UTC)


def morning_slot(day: date) -> datetime:
    """The morning after `day`: its batch has closed and the bank's statement of it is out."""
    return datetime.combine(day + timedelta(days=1), time(12, 0), UTC)


def is_banking_day(day: date) -> bool:
    return day.weekday() < 5


def next_banking_day(day: date) -> date:
    """The first Monday to Friday after `day`."""
    day += timedelta(days=1)
    while not is_banking_day(day):
        day += timedelta(days=1)
    return day


def banking_days_before(day: date, count: int) -> date:
    """The banking day that lies `count` banking days before `day`."""
    while count:
        day -= timedelta(days=1)
        count -= is_banking_day(day)
    return day


def banking_days_after(day: date, count: int) -> date:
    for _ in range(count):
        day = next_banking_day(day)
    return day

from datetime import date

import pytest

from integrations.sandbox.world import days


@pytest.mark.parametrize("day", [date(2010, 12, 5), date(2011, 7, 3), date(2011, 3, 13)])
def test_a_whole_business_day_lies_on_one_pacific_day_before_the_close(day):
    opens, closes = days.shops_open(day), days.evening_opens(day)
    for moment in (opens, days.evening_slot(day), closes.replace(hour=2, minute=30)):
        local = moment.astimezone(days.PACIFIC)
        assert local.date() == day
        assert local.hour < 20
    assert days.morning_slot(day).astimezone(days.PACIFIC).date() > day


def test_the_bank_rests_on_weekends():
    friday, sunday, monday = date(2010, 12, 3), date(2010, 12, 5), date(2010, 12, 6)
    assert days.next_banking_day(friday) == monday
    assert days.next_banking_day(sunday) == monday
    assert days.banking_days_before(monday, 3) == date(2010, 12, 1)
    assert days.banking_days_after(friday, 6) == date(2010, 12, 13)

"""How a day adds up; nothing is asked of a database here."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from reconciliation.completeness import (
    Arrivals,
    BatchTold,
    Statement,
    id_hint,
    polls_of,
    slots_between,
)

DAY = date(2011, 2, 14)
START = datetime(2011, 2, 14, 8, tzinfo=UTC)
END = START + timedelta(days=1)


def arrived(end, count, kind="transaction", source="pull", rule=""):
    return Arrivals(kind, source, end, rule, count)


def batch(here, reported, sales="10", reported_sales=None):
    told = Decimal(reported_sales or sales)
    return BatchTold(
        1, "7", here, Decimal(sales), Decimal(0), "USD", reported,
        None if reported is None else told, None if reported is None else Decimal(0),
    )  # fmt: skip


def day(**parts):
    return Statement(DAY, **({"is_over": True} | parts))


def test_a_day_whose_facts_all_ended_is_complete():
    ends = ("booked", "ignored", "blocked", "unreadable")
    found = day(arrivals=[arrived(end, 3) for end in ends] + [arrived("duplicate", 9)])
    assert found.headline == "12 of 12 events accounted for"
    assert (found.state, found.repeats, found.why) == ("complete", 9, [])


@pytest.mark.parametrize(
    ("parts", "accounted", "events"),
    [
        ({"arrivals": [arrived("booked", 3), arrived("received", 1)]}, 3, 4),
        ({"arrivals": [arrived("booked", 3)], "unread": 2}, 3, 5),
        ({"arrivals": [arrived("booked", 3)], "batches": [batch(3, 5)]}, 3, 5),
    ],
)
def test_what_is_missing_or_has_no_end_is_not_accounted_for(parts, accounted, events):
    found = day(**parts)
    assert (found.accounted, found.events, found.state) == (accounted, events, "incomplete")
    assert found.why


def test_a_report_that_differs_in_its_sum_makes_the_day_incomplete():
    assert day(batches=[batch(3, 3)]).state == "complete"
    assert day(batches=[batch(3, 3, "10", "11")]).state == "incomplete"


def test_a_batch_without_a_report_has_members_that_nothing_reports():
    found = day(batches=[batch(3, None)])
    assert (found.batches[0].unreported, found.state) == (3, "incomplete")


def test_a_day_that_is_not_over_is_under_way():
    assert day(is_over=False).state == "under_way"


def test_slots_are_multiples_since_midnight_in_utc():
    slots = slots_between(START + timedelta(minutes=7), START + timedelta(hours=1), 15)
    assert [slot.minute for slot in slots] == [15, 30, 45]
    assert len(slots_between(START, END, 15)) == 96
    assert len(slots_between(START, END, 1000)) == 2


def test_a_missed_slot_is_made_good_by_the_next_reading_and_open_before_it():
    slots = slots_between(START, START + timedelta(hours=1), 15)
    read = frozenset(slots[:1])
    before = polls_of("transactions", slots, read, slots[0], slots[0])
    assert (before.expected, before.in_time, before.made_good, before.open) == (4, 1, 0, 3)
    after = polls_of("transactions", slots, read | {slots[3]}, slots[3], slots[0])
    assert (after.in_time, after.made_good, after.open) == (2, 2, 0)


def test_nothing_is_expected_from_before_the_first_reading():
    slots = slots_between(START, START + timedelta(hours=1), 15)
    polls = polls_of("batches", slots, frozenset(slots[2:]), slots[3], slots[2])
    assert (polls.expected, polls.in_time, polls.open) == (2, 2, 0)


def test_dense_numbers_hint_at_what_is_left_out_and_thin_ones_say_nothing():
    assert id_hint("100", "119", 19).left_out == 1
    assert id_hint("100", "200", 5) is None
    assert id_hint("a1", "a2", 2) is None
    assert id_hint("100", "119", 20) is None

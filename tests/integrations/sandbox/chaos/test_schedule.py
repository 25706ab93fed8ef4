"""The schedule follows from the seed alone, holds what was wished, and leaves nobody out."""

from collections import Counter

import pytest

from integrations.sandbox.chaos.schedule import (
    CHANNELS,
    INVOICES,
    Load,
    classes,
    make,
    vendor_of,
)

LOAD = Load(actions=600, days=15)


def expected(faults, load):
    calls = {channel.name: channel.calls(load) for channel in CHANNELS}
    return [fault for fault in faults if fault.call <= calls[fault.channel]]


def test_the_same_seed_gives_the_same_schedule_and_another_one_another():
    assert make(7, 200, LOAD) == make(7, 200, LOAD)
    assert make(7, 200, LOAD) != make(8, 200, LOAD)


def test_a_vendors_part_is_the_same_whoever_asks_for_it():
    for channel in CHANNELS:
        alone = make(7, 200, LOAD, (channel,))
        assert alone == [f for f in make(7, 200, LOAD) if f.channel == channel.name]


@pytest.mark.parametrize("wish", [150, 1000])
def test_a_count_is_reached_within_the_calls_that_are_expected(wish):
    load = Load(actions=10 * wish, days=wish // 4)
    assert wish <= len(expected(make(1, wish, load), load)) < 2 * wish


def test_without_a_wish_nothing_is_scheduled():
    assert make(1, 0, LOAD) == []


def test_each_class_of_fault_has_its_turn():
    dealt = {(vendor_of(f.channel), f.kind) for f in expected(make(3, 200, LOAD), LOAD)}
    assert dealt == classes()


def test_no_call_meets_two_faults_and_most_meet_none():
    faults = make(1, 100_000, LOAD)
    assert max(Counter((f.channel, f.call) for f in faults).values()) == 1
    shares = Counter(f.channel for f in faults)
    assert all(shares[each.name] < each.most * (8 * each.calls(LOAD) + 100) * 1.3
               for each in CHANNELS)  # fmt: skip


def test_the_invoices_of_a_shop_fail_too_and_change_nothing_else():
    both = make(3, 200, LOAD, (*CHANNELS, *INVOICES))
    own = [fault for fault in both if fault.channel.startswith("CreateInvoice")]
    assert [fault for fault in both if fault not in own] == make(3, 200, LOAD)
    assert {fault.channel for fault in own} == {channel.name for channel in INVOICES}
    assert {vendor_of(fault.channel) for fault in own} == {"erp"}

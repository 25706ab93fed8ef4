"""What is done about a receipt whose payment changed before it settled: the table, row by row."""

from decimal import Decimal

import pytest

from integrations.money import Money
from reconciliation.corrections import Place, Received, Step, next_step, owed_receipt


def usd(text):
    return Money(Decimal(text), "USD")


FULL, MORE = usd("100.00"), usd("120.00")
UNSENT, DOUBT, THERE = (Received(FULL, place) for place in Place)
MOVED = Received(FULL, Place.STANDING, is_transfer=True)


@pytest.mark.parametrize(
    ("owed", "received", "step"),
    [
        (FULL, [], Step.OWE),
        (None, [], Step.NOTHING),
        (FULL, [UNSENT], Step.KEEP),
        (FULL, [DOUBT], Step.KEEP),
        (FULL, [THERE], Step.KEEP),
        (usd("100"), [THERE], Step.KEEP),
        (None, [UNSENT], Step.CANCEL),
        (None, [DOUBT], Step.WAIT),
        (None, [THERE], Step.REVERSE),
        (MORE, [UNSENT], Step.CANCEL),
        (MORE, [DOUBT], Step.WAIT),
        (MORE, [THERE], Step.REVERSE),
        (FULL, [MOVED, THERE], Step.KEEP),
        (None, [MOVED, THERE], Step.REVERSE),
        (None, [Received(FULL, Place.UNSENT, is_transfer=True), THERE], Step.CANCEL),
        (None, [Received(FULL, Place.IN_DOUBT, is_transfer=True), THERE], Step.WAIT),
    ],
)
def test_the_next_step_follows_from_what_is_owed_and_where_the_receipts_are(owed, received, step):
    assert next_step(owed, received, is_taking_back=False) is step


def test_a_new_receipt_waits_until_the_reversal_has_freed_the_invoice():
    assert next_step(MORE, [], is_taking_back=True) is Step.WAIT
    assert next_step(None, [], is_taking_back=True) is Step.NOTHING


@pytest.mark.parametrize("place", Place)
def test_steps_come_to_an_end_wherever_a_receipt_is(place):
    received, seen = [Received(FULL, place)], []
    for _ in range(5):
        step = next_step(None, received, is_taking_back=False)
        seen.append(step)
        if step is Step.WAIT:
            received = [THERE]
        elif step in (Step.CANCEL, Step.REVERSE):
            received = []
    assert seen[-1] is Step.NOTHING
    assert len(seen) - seen.index(Step.NOTHING) >= 2


@pytest.mark.parametrize(
    ("kind", "status", "is_settled", "owed"),
    [
        ("sale", "captured", False, FULL),
        ("authorization", "captured", False, FULL),
        ("sale", "settled", True, FULL),
        ("sale", "refunded", True, FULL),
        ("sale", "returned", True, FULL),
        ("sale", "returned", False, None),
        ("sale", "charged_back", True, FULL),
        ("sale", "authorized", False, None),
        ("sale", "voided", False, None),
        ("sale", "declined", False, None),
        ("refund", "captured", False, None),
        ("refund", "settled", True, None),
    ],
)
def test_only_money_that_came_or_comes_has_a_receipt(kind, status, is_settled, owed):
    assert owed_receipt(kind, status, FULL, is_settled=is_settled) == owed

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.matchers.exact import AMOUNT_WINDOW, batch_named, batch_of_amount
from reconciliation.tieout import banking_days_after

CLOSED = date(2010, 12, 1)


@dataclass
class Line:
    reference: str = ""
    amount: Decimal = Decimal("96.80")
    booked_on: date = date(2010, 12, 2)
    description: str = "MERCHANT DEPOSIT"


@dataclass
class Batch:
    vendor_ref: str
    net_amount: Decimal = Decimal("96.80")
    closed_on: date = CLOSED


SEVEN, EIGHT = Batch("7"), Batch("8", Decimal("50.00"))


@pytest.mark.parametrize("reference", ["7", "BATCH 7", "batch#7", "PT-7", "pt 7", "DEP PT-7/USD"])
def test_a_line_pays_the_batch_it_names(reference):
    assert batch_named(Line(reference), [SEVEN, EIGHT], "PT-") is SEVEN


@pytest.mark.parametrize("reference", ["", "BATCH", "77", "BATCH 17", "PT-9", "7 8"])
def test_a_line_that_names_no_batch_or_two_is_not_matched_by_name(reference):
    assert batch_named(Line(reference), [SEVEN, EIGHT], "PT-") is None


def test_a_batch_is_never_paid_before_it_closed():
    for day in (CLOSED, CLOSED - timedelta(days=1)):
        assert batch_named(Line("7", booked_on=day), [SEVEN], "PT-") is None
        assert batch_of_amount(Line(booked_on=day), [SEVEN]) is None


def test_the_name_counts_more_than_the_amount():
    line = Line("BATCH 7", Decimal("50.00"))
    assert batch_named(line, [SEVEN, EIGHT], "PT-") is SEVEN


def test_a_line_that_names_nothing_goes_by_its_amount():
    assert batch_of_amount(Line(), [SEVEN, EIGHT]) is SEVEN
    assert batch_of_amount(Line("CARD DEPOSIT"), [SEVEN, EIGHT]) is SEVEN


@pytest.mark.parametrize("reference", ["BATCH 90001", "PT90001", "90001", "No.9"])
def test_a_line_that_names_another_batch_is_never_matched_by_its_amount(reference):
    assert batch_of_amount(Line(reference), [SEVEN]) is None


def test_two_batches_of_one_amount_are_not_guessed():
    assert batch_of_amount(Line(), [SEVEN, Batch("9")]) is None


@pytest.mark.parametrize("late", range(AMOUNT_WINDOW + 2))
def test_an_amount_counts_for_some_banking_days_only(late):
    line = Line(booked_on=banking_days_after(CLOSED, late))
    assert (batch_of_amount(line, [SEVEN]) is SEVEN) is (1 <= late <= AMOUNT_WINDOW)


@given(
    st.permutations([SEVEN, EIGHT, Batch("9"), Batch("10", Decimal(1))]),
    st.sampled_from(["7", "PT-8", "", "x 9"]),
)
def test_the_order_of_the_batches_is_irrelevant(batches, reference):
    line = Line(reference, Decimal("50.00"))
    in_order = sorted(batches, key=lambda batch: batch.vendor_ref)
    assert batch_named(line, batches, "PT-") is batch_named(line, in_order, "PT-")
    assert batch_of_amount(line, batches) is batch_of_amount(line, in_order)

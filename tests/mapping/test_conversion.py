"""What a text says of a rate, in the room that it has: shortened always in the same order."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from integrations.money import Money
from mapping.decide.conversion import Conversion, noted

EURO = Conversion(
    Money(Decimal("40.01"), "EUR"), Decimal("1.3215"), "daily", date(2010, 12, 1),
    Decimal("-0.003215"),
)  # fmt: skip
FULL = "(40.01 EUR at 1.3215 by daily of 2010-12-01, rounded by -0.003215)"


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (255, f"Card payment 410000030 {FULL}"),
        (80, f"410000030 {FULL}"),
        (70, "Card payment 410000030 40.01 EUR x1.3215 daily 2010-12-01 r-.0032"),
        (60, "410000030 40.01 EUR x1.3215 daily 2010-12-01 r-.0032"),
        (50, "410000030 EUR x1.3215 daily 2010-12-01 r-.0032"),
        (44, "410000030 EUR x1.3215 dai 2010-12-01 r-.0032"),
        (43, "Card payment 410000030"),
    ],
)
def test_as_much_as_fits_stands_there_and_the_number_always(width, said):
    assert noted("Card payment 410000030", EURO, width, "410000030") == said
    assert len(said) <= width


def test_a_text_of_the_field_map_stays_whole():
    assert noted("Invoice 536365", EURO, 50) == "Invoice 536365 EUR x1.3215 dail 2010-12-01 r-.0032"
    assert noted("A text that leaves no room for anything", EURO, 50).startswith("A text that")


def test_what_was_not_converted_says_nothing_and_an_even_rate_says_so():
    assert noted("Card payment 1", None, 50) == "Card payment 1"
    even = replace(EURO, rounding=Decimal("0E-8"))
    assert noted("1", even, 50) == "1 40.01 EUR x1.3215 daily 2010-12-01 r0"

"""Risk rules by themselves: the first row that holds, and the figures that made it hold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from mapping.models import RiskRule
from mapping.rules.risks import (
    LEAST_FOR_USUAL,
    MOST_BEFORE,
    USUAL_OF,
    History,
    RiskRow,
    Weighed,
    choose,
    figures,
    is_between,
    most_asked,
)
from mapping.rules.rows import shadowed
from tests.mapping.rules import usd

NOW = datetime(2010, 12, 6, 20, tzinfo=UTC)
ROWS = st.lists(
    st.builds(
        RiskRow,
        st.just(1),
        st.sampled_from(["pass", "flag", "hold", "block"]),
        amount_from=st.none() | st.integers(0, 200).map(Decimal),
        amount_to=st.none() | st.integers(0, 200).map(Decimal),
        earlier_to=st.none() | st.integers(0, 3),
    ),
    max_size=6,
)


def row(level="flag", place=1, **asked):
    return RiskRow(place, level, **asked)


def weighed(amount="100.00", paid=None, **history):
    return Weighed(usd(amount), "Visa", "17850", NOW, History(paid=paid, **history))


def ago(*hours):
    return tuple(NOW - timedelta(hours=each) for each in hours)


def found(rule, payment):
    [figure] = figures(rule, payment)
    return figure.holds, figure.found


def test_the_first_row_that_holds_wins_and_shows_its_figures():
    rows = [
        row("pass", 1, customer_ref="13047"),
        row("hold", 2, amount_from=Decimal(100), method="VISA"),
        row("block", 3),
    ]
    fired = choose(rows, weighed())
    assert (fired.row.position, fired.level) == (2, "hold")
    assert [(each.name, each.found) for each in fired.figures] == [
        ("Card or method", "Visa"),
        ("Amount", "100.00 USD"),
    ]


def test_a_row_that_lets_pass_keeps_the_rows_below_from_being_asked():
    rows = [row("pass", 1, customer_ref="17850"), row("block", 2)]
    assert choose(rows, weighed()).level == "pass"


def test_the_usual_amount_is_the_median_of_the_last_payments():
    paid = tuple(Decimal(each) for each in (100, 110, 90, 5000, 105))
    rule = row(times_usual=Decimal(5))
    assert found(rule, weighed("525.00", paid)) == (
        False, "5.0 times 105.00 USD, the median of the last 5 payments",
    )  # fmt: skip
    assert found(rule, weighed("525.01", paid))[0]


def test_of_few_payments_or_of_nothing_nothing_is_usual():
    rule = row(times_usual=Decimal(2))
    few = (Decimal(1),) * (LEAST_FOR_USUAL - 1)
    assert found(rule, weighed(paid=few)) == (False, "only 4 payments before, so nothing is usual")
    assert not found(rule, weighed())[0]
    assert not found(rule, weighed(paid=(Decimal(0),) * LEAST_FOR_USUAL))[0]


def test_a_count_is_of_the_hours_that_the_row_names_and_counts_this_one():
    rule = row(same_card=3, within_hours=24)
    assert found(rule, weighed(by_card=ago(1, 23))) == (True, "3, this one included")
    assert found(rule, weighed(by_card=ago(1, 24))) == (False, "2, this one included")
    assert not found(rule, weighed())[0]
    many = weighed(by_payer=ago(*[1] * MOST_BEFORE))
    assert found(row(same_payer=2, within_hours=2), many)[1] == "51 or more, this one included"


@pytest.mark.parametrize(("before", "holds"), [(None, False), ((), True), (ago(900), False)])
def test_the_first_payment_of_a_payer_is_one_with_none_before(before, holds):
    assert found(row(earlier_to=0), weighed(by_payer=before))[0] is holds


def test_a_night_goes_over_midnight():
    assert [hour for hour in range(24) if is_between(hour, 22, 6)] == [0, 1, 2, 3, 4, 5, 22, 23]
    assert [hour for hour in range(24) if is_between(hour, 9, 12)] == [9, 10, 11]
    rule = row(hour_from=22, hour_to=6)
    assert found(rule, weighed(hour=23)) == (True, "between 23:00 and 24:00")
    assert not found(rule, weighed())[0]


def test_a_row_that_an_earlier_one_leaves_nothing_for_is_found():
    rows = [row(place=1, amount_from=Decimal(100)), row(place=2, amount_from=Decimal("100.00"))]
    rows.append(row("hold", 3, amount_from=Decimal(100), method="Visa"))
    assert [later.position for later, _ in shadowed(rows)] == [2, 3]
    assert rows[1].name == "risk 2: amount_from 100 → flag"


def test_as_much_is_looked_at_as_the_rows_ask_for():
    assert most_asked([]) == most_asked([row(amount_from=Decimal(5))]) == 0
    assert most_asked([row(earlier_to=0), row(same_card=4, within_hours=1)]) == 4
    assert most_asked([row(times_usual=Decimal(2))]) == USUAL_OF
    assert most_asked([row(same_payer=MOST_BEFORE, within_hours=1)]) == MOST_BEFORE
    two = weighed(by_payer=ago(1, 2), most=2)
    assert found(row(earlier_to=0), two)[1] == "2 or more"


@given(ROWS, st.integers(0, 200), st.integers(0, 4))
def test_what_fires_is_the_first_row_whose_every_figure_holds(rows, amount, before):
    payment = weighed(str(amount), by_payer=ago(*range(1, before + 1)))
    holding = [each for each in rows if all(f.holds for f in figures(each, payment))]
    fired = choose(rows, payment)
    assert (fired.row if fired else None) is (holding[0] if holding else None)


@given(st.lists(st.decimals(1, 9999, places=2), min_size=LEAST_FOR_USUAL), st.integers(1, 20))
def test_an_amount_is_unusual_exactly_above_so_many_medians(paid, times):
    usual = median(paid[:USUAL_OF])
    rule = row(times_usual=Decimal(times))
    assert not found(rule, weighed(str(times * usual), tuple(paid)))[0]
    assert found(rule, weighed(str(times * usual + Decimal("0.01")), tuple(paid)))[0]


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        ({"same_card": 3}, "within_hours"),
        ({"within_hours": 3}, "within_hours"),
        ({"hour_from": 22}, "hour_to"),
        ({"hour_from": 6, "hour_to": 6}, "hour_to"),
        ({"amount_from": Decimal(10), "amount_to": Decimal(9)}, "amount_to"),
    ],
)
def test_conditions_that_say_nothing_together_are_refused(asked, column):
    with pytest.raises(ValidationError) as refused:
        RiskRule(level="flag", **asked).clean()
    assert column in refused.value.message_dict

import re
from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from console.charts import Point, bar_chart, round_up, short


def chart_of(*amounts):
    points = [
        Point(f"{n} Feb", Decimal(a), f"{a} USD", f"/d/{n}/") for n, a in enumerate(amounts, 1)
    ]
    return bar_chart("Money in by day", "1 to 3 Feb.", points)


@pytest.mark.parametrize(
    ("amount", "top"),
    [("0", "4"), ("1", "1"), ("3", "4"), ("781", "800"), ("801", "1000"), ("41234", "80000")],
)
def test_the_axis_ends_at_a_readable_number(amount, top):
    assert round_up(Decimal(amount)) == Decimal(top)


@pytest.mark.parametrize(
    ("amount", "text"), [("750", "750"), ("1500", "1.5k"), ("80000", "80k"), ("3000000", "3m")]
)
def test_axis_figures_are_short(amount, text):
    assert short(Decimal(amount)) == text


def test_the_highest_bar_is_in_proportion_to_the_others():
    low, high = (float(bar.height) for bar in chart_of("400", "800").bars)
    assert high == pytest.approx(2 * low, rel=0.01)


def test_an_amount_that_is_small_still_shows_and_zero_does_not():
    zero, tiny, _ = (float(bar.height) for bar in chart_of("0", "0.01", "90000").bars)
    assert zero == 0
    assert tiny >= 1


def test_a_chart_of_nothing_renders():
    html = render_to_string("console/chart.html", {"chart": bar_chart("Money in", "Nothing.", [])})
    assert 'role="img"' in html


def test_the_picture_says_its_figures_and_has_them_as_a_table():
    html = render_to_string("console/chart.html", {"chart": chart_of("1400", "10", "5")})
    assert 'aria-label="Money in by day. 1 to 3 Feb."' in html
    assert "<details>" in html
    assert '<a href="/d/1/">1 Feb</a>' in html


def test_no_number_in_the_drawing_is_localised():
    html = render_to_string("console/chart.html", {"chart": chart_of("1400", "10", "5")})
    numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', html)
    assert numbers
    assert all(re.fullmatch(r"\d+(\.\d+)?", number) for number in numbers)

"""Charts as server-rendered SVG: geometry here, colours in the stylesheet, figures in a table.

A bar that has an address carries it as `data-href` for the pointer; the keyboard takes the same
links from the table behind the chart, because an image holds nothing that can be focused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

from console import formats

WIDTH: Final = 720
HEIGHT: Final = 200
LEFT: Final = 52
RIGHT: Final = 8
TOP: Final = 10
BOTTOM: Final = 24
GRID_LINES: Final = 4
MOST_LABELS: Final = 10


@dataclass(frozen=True)
class Point:
    """One bar: its label on the axis, its amount, what the tables say, and where it leads."""

    label: str
    amount: Decimal
    figure: str
    url: str = ""


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    point: Point


@dataclass(frozen=True)
class Mark:
    """A grid line with its figure, or a label under the axis."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class BarChart:
    title: str
    summary: str
    bars: list[Bar]
    grid: list[Mark]
    labels: list[Mark]
    view_box: str
    left: int
    right: int

    @property
    def points(self) -> list[Point]:
        return [bar.point for bar in self.bars]


def bar_chart(title: str, summary: str, points: Sequence[Point]) -> BarChart:
    """Bars over a zero line. Amounts are zero or more; numbers leave as text, never localised."""
    top = round_up(max((point.amount for point in points), default=Decimal(0)))
    inner_height = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
    bars = [_bar(point, index, step, inner_height, top) for index, point in enumerate(points)]
    every = -(-len(points) // MOST_LABELS) or 1
    labels = [
        Mark(_text(LEFT + (index + 0.5) * step), str(HEIGHT - 6), point.label)
        for index, point in enumerate(points)
        if index % every == 0
    ]
    return BarChart(
        title, summary, bars, _grid(top), labels, f"0 0 {WIDTH} {HEIGHT}", LEFT, WIDTH - RIGHT
    )


def round_up(amount: Decimal) -> Decimal:
    """The next of 1, 2, 4 or 8 times a power of ten: it divides into four readable steps."""
    if amount <= 0:
        return Decimal(4)
    power = Decimal(1).scaleb(amount.adjusted())
    factor = (amount / power).to_integral_value(ROUND_CEILING)
    return power * next((each for each in (1, 2, 4, 8) if each >= factor), 10)


def short(amount: Decimal) -> str:
    """`750`, `1.5k`, `12k`, `3m`: for axes only, never for a figure that counts."""
    for size, letter in ((Decimal(1_000_000), "m"), (Decimal(1_000), "k")):
        if amount >= size:
            return f"{(amount / size).normalize():f}{letter}"
    return formats.number_text(amount)


def _bar(point: Point, index: int, step: float, inner_height: int, top: Decimal) -> Bar:
    height = float(point.amount / top) * inner_height
    if point.amount > 0:
        height = max(height, 1.0)
    width = min(step * 0.72, 48)
    return Bar(
        _text(LEFT + (index + 0.5) * step - width / 2),
        _text(TOP + inner_height - height),
        _text(width),
        _text(height),
        point,
    )


def _grid(top: Decimal) -> list[Mark]:
    inner_height = HEIGHT - TOP - BOTTOM
    return [
        Mark(
            str(LEFT - 8),
            _text(TOP + inner_height * (1 - index / GRID_LINES)),
            short(top * index / GRID_LINES),
        )
        for index in range(GRID_LINES + 1)
    ]


def _text(number: float) -> str:
    return f"{number:.1f}"

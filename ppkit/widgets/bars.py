"""The bars of a small chart, as whole numbers that a template can draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ppkit.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's column; `x`, `y` and `height` in the chart's own units, from its upper left corner."""

    day: date
    cost: Money
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A column for every day from the first to the last, those without cost included."""

    width: int
    height: int
    bar_width: int
    bars: tuple[Bar, ...]

    @property
    def highest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.cost)


def chart_of(
    costs: Mapping[date, Money], first: date, last: date, width: int = 720, height: int = 120
) -> Chart:
    """Columns as high as the day's share of the costliest day; what costs anything is at least a sliver."""
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    most = max([*costs.values(), Money(1)])
    slot = width // len(days)
    bars = []
    for place, day in enumerate(days):
        cost = costs.get(day, ZERO)
        tall = max(height * cost.pico_usd // most.pico_usd, 2) if cost else 0
        bars.append(Bar(day, cost, x=place * slot, y=height - tall, height=tall))
    return Chart(width, height, bar_width=min(max(slot - 4, 2), 44), bars=tuple(bars))

"""What the month will have cost: what is spent, and the days that are left as the last ones were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ppkit.clock import days_of_month
from ppkit.money import ZERO, Money

LOOK_BACK_DAYS = 7
"""A week, so that every weekday counts once."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`spent` this month until now; `days_left` after today, each taken at the average of the `days_averaged`
    days before today. None of these (the first call was today): then today stands for a day.
    """

    spent: Money
    at_month_end: Money
    days_averaged: int
    days_left: int


def forecast_of(spent: Money, costs: Mapping[date, Money], today: date) -> Forecast:
    """From the month's cost until now and the costs of days, those of the month before included.

    A day before the first one with a cost is no day of work: it is left out of the average.
    """
    begin = min((day for day, cost in costs.items() if cost), default=today)
    days = min(LOOK_BACK_DAYS, max((today - begin).days, 0))
    taken = [costs.get(today - timedelta(days=back), ZERO) for back in range(1, days + 1)]
    if not taken:
        taken = [costs.get(today, ZERO)]
    left = days_of_month(today)[-1].day - today.day
    more = sum(cost.pico_usd for cost in taken) * left // len(taken)
    return Forecast(spent, spent + Money(more), days, left)

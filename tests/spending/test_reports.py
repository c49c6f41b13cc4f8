"""What figures mean: the month's forecast, and a limit as a bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.money import ZERO, Money
from ppkit.spending.reports import forecast_of, limit_bar, period_of
from ppkit.spending.reports.limit_bars import share_of

TODAY = date(2026, 11, 23)
AMOUNTS = st.integers(0, 10**15).map(Money)


def test_the_days_left_are_taken_as_the_last_seven_were() -> None:
    costs = {TODAY - timedelta(days=back): Money(10 * back) for back in range(1, 20)}
    found = forecast_of(Money(1000), costs, TODAY)
    assert found.at_month_end == Money(1000 + (10 + 20 + 30 + 40 + 50 + 60 + 70) * 7 // 7)
    assert (found.days_averaged, found.days_left) == (7, 7)


def test_today_which_is_not_over_is_no_day_of_the_average() -> None:
    yesterday = TODAY - timedelta(days=1)
    assert forecast_of(Money(6), {yesterday: Money(1), TODAY: Money(5)}, TODAY).at_month_end == Money(6 + 7)


def test_on_the_first_day_of_all_today_stands_for_a_day() -> None:
    found = forecast_of(Money(5), {TODAY: Money(5)}, TODAY)
    assert (found.at_month_end, found.days_averaged) == (Money(5 + 7 * 5), 0)


def test_the_last_days_of_the_month_before_count_on_the_first_day_of_this_one() -> None:
    first = date(2026, 12, 1)
    costs = {first - timedelta(days=back): Money(7) for back in range(1, 8)}
    assert forecast_of(ZERO, costs, first).at_month_end == Money(7 * 30)


@pytest.mark.parametrize(
    ("day", "left"), [(date(2028, 2, 28), 1), (date(2026, 2, 28), 0), (date(2026, 12, 31), 0)]
)
def test_a_leap_day_and_the_last_day_of_a_month_are_counted_right(day: date, left: int) -> None:
    assert forecast_of(ZERO, {}, day).days_left == left


@given(spent=AMOUNTS, costs=st.lists(AMOUNTS, max_size=7))
def test_a_forecast_is_never_less_than_what_is_spent(spent: Money, costs: list[Money]) -> None:
    by_day = {TODAY - timedelta(days=back): cost for back, cost in enumerate(costs)}
    assert forecast_of(spent, by_day, TODAY).at_month_end >= spent


@dataclass(frozen=True)
class Limit:
    thresholds: tuple[Money, ...]
    hard: Money | None
    spent: Money
    uncertain: Money = ZERO
    reserved: Money = ZERO


@given(
    thresholds=st.lists(AMOUNTS, max_size=3),
    hard=st.none() | AMOUNTS,
    spent=AMOUNTS,
    uncertain=AMOUNTS,
    reserved=AMOUNTS,
)
def test_a_bar_is_an_even_scale_from_nothing_to_the_limit(
    thresholds: list[Money], hard: Money | None, spent: Money, uncertain: Money, reserved: Money
) -> None:
    bar = limit_bar(Limit(tuple(thresholds), hard, spent, uncertain, reserved), "en")
    places = [(bar.spent, spent), *zip(bar.marks, thresholds, strict=True)]
    places += [] if bar.hard is None or hard is None else [(bar.hard, hard)]
    for place, amount in places:
        assert 0 <= place <= 1000
        if bar.whole:
            assert 0 <= Fraction(1000 * amount.pico_usd, bar.whole.pico_usd) - place < 1
    assert bar.spent + bar.uncertain + bar.reserved <= 1000


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [("0.016", "10", "0,16%"), ("0", "10", "0%"), ("0.00001", "10", "< 0,01%"), ("9.999", "10", "99%"),
     ("10", "10", "100%"), ("0.55", "10", "5,5%"), ("12", "10", "120%"), ("1", "0", "100%")],
)  # fmt: skip
def test_a_share_is_told_to_two_digits_and_never_rounded_up(part: str, whole: str, shown: str) -> None:
    assert share_of(Money.usd(part), Money.usd(whole), "it") == shown


def test_many_days_are_drawn_by_month() -> None:
    assert period_of(date(2026, 11, 1), date(2026, 11, 30)) == "day"
    assert period_of(date(2026, 1, 1), date(2026, 12, 31)) == "month"

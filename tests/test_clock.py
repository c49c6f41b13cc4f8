"""The calendar: months as the ledger counts them."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ppkit.clock import days_of_month


@given(st.dates(min_value=date(1, 2, 1), max_value=date(9999, 11, 30)))
def test_the_days_of_a_month_are_one_after_the_other_and_no_day_of_another_month(day: date) -> None:
    days = days_of_month(day)
    assert day in days
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert {(one.year, one.month) for one in days} == {(day.year, day.month)}
    assert (days[-1] + timedelta(days=1)).month != day.month
    assert days[0].day == 1


def test_a_leap_day_is_one_of_its_month() -> None:
    assert [len(days_of_month(date(year, 2, 1))) for year in (2026, 2028, 2100)] == [28, 29, 28]

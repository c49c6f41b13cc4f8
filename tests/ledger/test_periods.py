"""The periods of the roll-up: numbers that sort as time does, and whole months where there are some."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ppkit.spending.ledger.periods import (
    DAYS,
    HOURS,
    MONTHS,
    day_number,
    day_of,
    days_between,
    periods_of,
    spans_of,
)

DAY = st.dates(date(2023, 11, 1), date(2025, 3, 5))


@given(first=DAY, last=DAY)
def test_spans_are_exactly_the_days_between_and_whole_months_wherever_they_can_be(
    first: date, last: date
) -> None:
    days: list[date] = []
    for begin, end in spans_of(first, last):
        if begin > MONTHS[1]:
            days += [day_of(number) for number in days_between(begin, end)]
            continue
        after = (day_of(end) + timedelta(days=31)).replace(day=1)
        days += [day_of(begin) + timedelta(days=count) for count in range((after - day_of(begin)).days)]
    count = max((last - first).days + 1, 0)
    assert days == [first + timedelta(days=number) for number in range(count)]
    single = sum(len(days_between(*span)) for span in spans_of(first, last) if span[0] > MONTHS[1])
    assert single <= 60  # at most a month at either end


@given(day=DAY, hour=st.integers(0, 23))
def test_a_moment_counts_in_an_hour_of_its_day_of_its_month(day: date, hour: int) -> None:
    periods = periods_of(f"{day.isoformat()}T{hour:02}:59:59.999999+00:00")
    assert periods == (day_number(day) * 100 + hour, day_number(day), day.year * 100 + day.month)
    assert {day_of(periods.hour), day_of(periods.day)} == {day}
    assert day_of(periods.month) == day.replace(day=1)
    for (lowest, highest), period in zip((HOURS, DAYS, MONTHS), periods, strict=True):
        assert lowest <= period <= highest

"""Hours, days and months of the roll-up (UTC) as whole numbers: 2026112310, 20261123 and 202611."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

MONTHS = 100_000, 999_999
DAYS = 10_000_000, 99_999_999
HOURS = 1_000_000_000, 9_999_999_999
"""The lowest and the highest of each: a number tells by its length what it is."""


class Periods(NamedTuple):
    """The hour, the day and the month in which a call counts."""

    hour: int
    day: int
    month: int


def periods_of(at: str) -> Periods:
    """Of a moment as the ledger writes it."""
    return _periods(at[:13])


@lru_cache(maxsize=64)
def _periods(hour: str) -> Periods:
    number = int(hour.replace("-", "").replace("T", ""))
    return Periods(number, number // 100, number // 10_000)


def day_number(day: date) -> int:
    return (day.year * 100 + day.month) * 100 + day.day


def day_of(number: int) -> date:
    """The day that a day's number means, or the one of an hour's, or the first one of a month's."""
    if number > DAYS[1]:
        number //= 100
    elif number <= MONTHS[1]:
        number = number * 100 + 1
    return date(number // 10_000, number // 100 % 100, number % 100)


def days_between(first: int, last: int) -> list[int]:
    """The number of every day from the first to the last, both included."""
    begin, end = day_of(first), day_of(last)
    return [day_number(begin + timedelta(days=count)) for count in range((end - begin).days + 1)]


def spans_of(first: date, last: date) -> Iterator[tuple[int, int]]:
    """Periods that together are the days from the first to the last: whole months where there are some.

    Each span is a first and a last period of one kind, days or months.
    """
    if first > last:
        return
    begin = first if first.day == 1 else _next_month(first)
    end = last if (last + timedelta(days=1)).day == 1 else last.replace(day=1) - timedelta(days=1)
    if begin > end:
        yield day_number(first), day_number(last)
        return
    if first < begin:
        yield day_number(first), day_number(begin - timedelta(days=1))
    yield day_number(begin) // 100, day_number(end) // 100
    if end < last:
        yield day_number(end + timedelta(days=1)), day_number(last)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)

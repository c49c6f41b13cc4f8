"""Time comes from outside: code that needs the hour is given a Clock."""

from __future__ import annotations

import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ShiftedClock:
    """Another clock, as far ahead of it as a file says, in whole seconds; durations are the same.

    The file is looked at whenever the hour is asked for, since another process may move the clock at any
    moment; it is read again only when it has changed. Without it the clocks agree.
    """

    def __init__(self, inner: Clock, offset_file: Path) -> None:
        self.inner = inner
        self._file = offset_file
        self._seen: tuple[int, int] | None = None
        self._shift = timedelta(0)

    def now(self) -> datetime:
        return self.inner.now() + self.shift()

    def shift(self) -> timedelta:
        try:
            found = self._file.stat()
            seen = (found.st_mtime_ns, found.st_ino)
            if seen != self._seen:
                self._shift, self._seen = timedelta(seconds=int(self._file.read_text("ascii"))), seen
        except FileNotFoundError:
            self._shift, self._seen = timedelta(0), None
        except (OSError, ValueError):
            pass  # out of reach or damaged for a moment: what was last known holds
        return self._shift

    def monotonic(self) -> float:
        return self.inner.monotonic()

    def sleep(self, seconds: float) -> None:
        self.inner.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to; sleeping moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._elapsed_seconds = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed_seconds

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))

    def advance(self, step: timedelta) -> None:
        """Move forward. Raises ValueError for a negative step: time does not run backwards."""
        if step < timedelta(0):
            raise ValueError("a clock only moves forward")
        self._now += step
        self._elapsed_seconds += step.total_seconds()


def month_of(moment: datetime) -> str:
    """The calendar month in UTC that an amount belongs to, as "2026-11"."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def days_of_month(day: date) -> list[date]:
    """Every day of the calendar month that this day lies in, the first one first."""
    return [day.replace(day=number) for number in range(1, monthrange(day.year, day.month)[1] + 1)]


def next_month(moment: datetime) -> datetime:
    """The first moment of the following month in UTC, when a monthly limit starts anew."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)

"""What a limit is for: a calendar month, a day (both UTC), or a total from a moment on that never starts
anew.

Each such period has a name, under which the ledger keeps its sums: "2026-11", "2026-11-23" and "since
2026-11-23T10:00:00.000000+00:00". Moments are text as `timestamps.text_of` writes them, so names of one kind
sort by time, and those of totals after all others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from ppkit.clock import next_month
from ppkit.spending.ledger.timestamps import DAY, MONTH, moment_of

LimitPeriod = Literal["month", "day", "total"]
LIMIT_PERIODS: tuple[LimitPeriod, ...] = ("month", "day", "total")

SINCE = "since "
_MONTH_LENGTH, _DAY_LENGTH = len("2026-11"), len("2026-11-23")


def name_of_period(period: str, since: str | None, at: str) -> str:
    """The name of the period that this moment lies in."""
    if period == "month":
        return at[MONTH]
    return at[DAY] if period == "day" else f"{SINCE}{since}"


def kind_of_period(name: str) -> LimitPeriod:
    """What a period of this name is."""
    if len(name) == _MONTH_LENGTH:
        return "month"
    return "day" if len(name) == _DAY_LENGTH else "total"


def is_covered(name: str, at: str) -> bool:
    """Whether a call of this moment counts in the period of this name."""
    if name.startswith(SINCE):
        return name.removeprefix(SINCE) <= at
    return at.startswith(name)


def start_of_period(name: str) -> datetime:
    """Its first moment."""
    kind = kind_of_period(name)
    if kind == "total":
        return moment_of(name.removeprefix(SINCE))
    day = f"{name}-01" if kind == "month" else name
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def next_start(name: str) -> datetime | None:
    """When the next period begins, with nothing spent; None for a total, which has no next one."""
    kind = kind_of_period(name)
    if kind == "total":
        return None
    start = start_of_period(name)
    return next_month(start) if kind == "month" else start + timedelta(days=1)


def limit_period(text: str) -> LimitPeriod:
    """Raises ValueError for a word that is none of the three."""
    if text not in LIMIT_PERIODS:
        raise ValueError("a limit is for a month, a day or in total")
    return text

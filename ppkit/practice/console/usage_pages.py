"""Usage: cost and calls by day, model, key and project, as tiles, a chart and a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from ppkit.clock import next_month
from ppkit.money import ZERO, Money
from ppkit.practice.console.frame import Page, Visit
from ppkit.practice.rows import UsageRow

GROUPS = ("day", "model", "key", "project")
PERIODS = ("this_month", "last_month", "last_30_days")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table, or one bar of the chart."""

    name: str
    calls: int
    input_tokens: int
    output_tokens: int
    images: int
    cost: Money

    @property
    def day(self) -> date:
        """The name of a line that stands for a day."""
        return date.fromisoformat(self.name)


def usage(visit: Visit) -> Response:
    platform, query = visit.platform, visit.query
    by = next((name for name in GROUPS if name == query.get("by")), "day")
    period = next((name for name in PERIODS if name == query.get("period")), "this_month")
    since, until = bounds(period, platform.clock.now())
    rows = platform.usage_by(*GROUPS, since=since, until=until)
    chosen = {name: query.get(name, "") for name in ("model", "key", "project")}
    shown = [row for row in rows if all(row.group[name] == value for name, value in chosen.items() if value)]
    lines = add_up(shown, by)
    return visit.render(
        "usage.html",
        by=by,
        tabs=[
            {
                "text": visit.texts(f"console.usage.by.{name}"),
                "href": visit.url("usage", **{**visit.query, "by": name}),
                "current": name == by,
            }
            for name in GROUPS
        ],
        period=period,
        periods=PERIODS,
        chosen=chosen,
        choices={name: sorted({row.group[name] for row in rows}) for name in chosen},
        lines=lines[::-1] if by == "day" else sorted(lines, key=lambda line: -line.cost.pico_usd),
        bars=bars(add_up(shown, "day"), since, until),
        total=total(shown),
        today=total(row for row in shown if row.group["day"] == f"{platform.clock.now():%Y-%m-%d}"),
    )


def bounds(period: str, now: datetime) -> tuple[datetime, datetime]:
    """First moment and end (excluded) of a period, in UTC like every month on the platform."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if period == "last_month":
        return (month - timedelta(days=1)).replace(day=1), month
    if period == "last_30_days":
        tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return tomorrow - timedelta(days=30), tomorrow
    return month, next_month(now)


def add_up(rows: Iterable[UsageRow], by: str) -> list[Line]:
    """One line per value of the group, in their order."""
    found: dict[str, Line] = {}
    for row in rows:
        name = row.group[by]
        line = found.get(name, Line(name, 0, 0, 0, 0, ZERO))
        found[name] = Line(
            name,
            line.calls + row.calls,
            line.input_tokens + row.input_tokens,
            line.output_tokens + row.output_tokens,
            line.images + row.images,
            line.cost + row.cost,
        )
    return sorted(found.values(), key=lambda line: line.name)


def total(rows: Iterable[UsageRow]) -> Line:
    """Everything together; zeros when there is nothing."""
    lines = add_up((UsageRow({"all": ""}, *_figures(row)) for row in rows), "all")
    return lines[0] if lines else Line("", 0, 0, 0, 0, ZERO)


def _figures(row: UsageRow) -> tuple[int, int, int, int, Money]:
    return row.calls, row.input_tokens, row.output_tokens, row.images, row.cost


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart: `height` in thousandths of the tallest."""

    day: date
    height: int
    cost: Money


def bars(days: Sequence[Line], since: datetime, until: datetime) -> list[Bar]:
    """One bar for every day of the period, empty ones too; a day that cost something is always visible."""
    costs = {line.name: line.cost for line in days}
    highest = max((line.cost.pico_usd for line in days), default=0)
    made = []
    day = since.astimezone(UTC).date()
    while day < until.astimezone(UTC).date():
        cost = costs.get(day.isoformat(), ZERO)
        made.append(Bar(day, max(1000 * cost.pico_usd // highest, 8) if cost else 0, cost))
        day += timedelta(days=1)
    return made


PAGES = {"usage": Page(usage)}

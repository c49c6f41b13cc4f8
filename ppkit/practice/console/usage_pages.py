"""Usage: cost and calls by day, model, key and project, as tiles, a chart and a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from ppkit.clock import next_month
from ppkit.look import charts, formats
from ppkit.money import ZERO, Money
from ppkit.practice.console.frame import Page, Visit
from ppkit.practice.rows import UsageRow

GROUPS = ("day", "model", "key", "project")
PERIODS = ("this_month", "last_month", "last_30_days")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what a group has used and cost."""

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
    lines, days = add_up(shown, by), every_day(add_up(shown, "day"), since, until)
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
        bars=charts.bars(
            (
                formats.date(day, visit.language, "short"),
                f"{formats.date(day, visit.language)}: {formats.money(cost, visit.language)}",
                cost.pico_usd,
            )
            for day, cost in days
        ),
        highest=max(cost for _day, cost in days),
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


def every_day(days: Sequence[Line], since: datetime, until: datetime) -> list[tuple[date, Money]]:
    """Every day of the period with what it cost, the days without a call too."""
    costs = {line.day: line.cost for line in days}
    first, count = since.astimezone(UTC).date(), (until - since).days
    return [(day, costs.get(day, ZERO)) for day in (first + timedelta(days=n) for n in range(count))]


PAGES = {"usage": Page(usage)}

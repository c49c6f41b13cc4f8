"""Usage: cost and calls by day, model, key and project, as tiles, a chart and a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from ppkit.clock import next_month
from ppkit.look import charts, formats
from ppkit.money import ZERO, Money
from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.rows import UsageRow

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


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns by day, the series' names with what each cost in all, and the costliest day."""

    stacks: Sequence[charts.Stack]
    legend: Sequence[tuple[str, Money]]
    highest: Money


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
        chart=chart_of(shown, days_of(since, until), visit),
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


def days_of(since: datetime, until: datetime) -> list[date]:
    """Every day of the period, the days without a call too."""
    first = since.astimezone(UTC).date()
    return [first + timedelta(days=count) for count in range((until - since).days)]


def chart_of(rows: Sequence[UsageRow], days: Sequence[date], visit: Visit) -> Chart:
    """The cost of each day, stacked by model: the costliest at the bottom, the small ones together on top."""
    language = visit.language
    names = series_of(rows, visit.texts("console.usage.other_models"))
    series = list(dict.fromkeys(names.values()))
    costs: dict[tuple[date, str], Money] = {}
    for row in rows:
        place = (date.fromisoformat(row.group["day"]), names[row.group["model"]])
        costs[place] = costs.get(place, ZERO) + row.cost

    def column(day: date) -> tuple[str, list[tuple[str, int]]]:
        found = [(name, costs.get((day, name), ZERO)) for name in series]
        head = formats.date(day, language)
        titles = [(f"{head}, {name}: {formats.money(cost, language)}", cost.pico_usd) for name, cost in found]
        return formats.date(day, language, "short"), titles

    per_day = {line.day: line.cost for line in add_up(rows, "day")}
    return Chart(
        charts.stacks(column(day) for day in days),
        [(name, Money(sum(c.pico_usd for (_, n), c in costs.items() if n == name))) for name in series],
        max(per_day.values(), default=ZERO),
    )


def series_of(rows: Iterable[UsageRow], others: str) -> dict[str, str]:
    """Each model and the series it is drawn in: its own, or `others` when there are too many."""
    models = [line.name for line in sorted(add_up(rows, "model"), key=lambda line: -line.cost.pico_usd)]
    most = charts.MOST_SERIES
    own = models if len(models) <= most else models[: most - 1]
    return {model: model if model in own else others for model in models}


PAGES = {"usage": Page(usage)}

"""A report as the columns of a chart: a period or a name below, the parts of each column stacked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ppkit.look import formats
from ppkit.look.stacked_chart import StackedChart, stacked
from ppkit.look.texts import Texts
from ppkit.spending.ledger.report import Report

MOST_DAYS = 92
"""A longer time is drawn by month."""


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def charted(report: Report, first: date, last: date, language: str) -> StackedChart:
    """From a report by day or month, and by what is stacked; days without a cost included."""
    period, stack = report.by[0], report.by[1] if len(report.by) > 1 else None
    texts = Texts(language)
    if period == "day":
        columns = [
            (day.isoformat(), formats.date(day, language, "short")) for day in days_between(first, last)
        ]
    else:
        columns = [(month, month) for month in _months(first, last)]
    title = texts(f"costs.by.{period}")
    no_name = texts("costs.no_name")
    amounts = [
        (str(row[period]), str(row[stack] or no_name) if stack else title, int(row["cost_pico_usd"] or 0))
        for row in report.rows
    ]
    return stacked(title, columns, amounts, language)


def period_of(first: date, last: date) -> str:
    """ "day", or "month" where so many days could not be told apart."""
    return "day" if (last - first).days < MOST_DAYS else "month"


def _months(first: date, last: date) -> Sequence[str]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = [divmod(first.month - 1 + number, 12) for number in range(count)]
    return [f"{first.year + years}-{month + 1:02}" for years, month in months]

"""What the costs window shows of the ledger, read anew for each redraw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ppkit.look import formats
from ppkit.look.stacked_chart import StackedChart
from ppkit.look.texts import Texts
from ppkit.money import ZERO, Money
from ppkit.spending.ledger import Entry, Report
from ppkit.spending.marks import marked_amounts, signs_of
from ppkit.spending.reports import (
    LOOK_BACK_DAYS,
    TEXT_KINDS,
    Forecast,
    OtherModel,
    charted,
    forecast_of,
    on_other_models,
    period_of,
)
from ppkit.widgets.costs.costs_choice import CLIENT_TAG, CostsChoice

if TYPE_CHECKING:
    from ppkit.sessions import Session

FIGURES = ("calls", "input_tokens", "output_tokens")
SUMMED = (
    *FIGURES,
    "cost_pico_usd",
    "uncertain_pico_usd",
    "estimated_pico_usd",
    "ceiling_pico_usd",
    "overrun_pico_usd",
)
MOST_ROWS = 100
MOST_CALLS = 10


@dataclass(frozen=True, slots=True)
class CostsTable:
    """Rows for the template, the dearest first and days the latest first; `rest` are the rows left out."""

    fields: tuple[str, ...]
    rows: list[dict[str, Any]]
    total: dict[str, Any]
    rest: int
    marked: Mapping[str, Money]


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Today and the month so far, with the signs of their marks, and what the month's end will be."""

    today: Money
    today_signs: str
    month_signs: str
    forecast: Forecast


def month_figures(session: Session) -> MonthFigures:
    today = session.clock.now().date()
    first = today.replace(day=1)
    report = session.ledger.report("day", first - timedelta(days=LOOK_BACK_DAYS), today)
    rows = {date.fromisoformat(str(row["day"])): row for row in report.rows}
    costs = {day: Money(int(row["cost_pico_usd"] or 0)) for day, row in rows.items()}
    this_month = [row for day, row in rows.items() if day >= first]
    spent = Money(sum(int(row["cost_pico_usd"] or 0) for row in this_month))
    return MonthFigures(
        costs.get(today, ZERO),
        signs_of(rows[today]) if today in rows else "",
        signs_of(_sums(this_month)),
        forecast_of(spent, costs, today),
    )


def costs_chart(session: Session, choice: CostsChoice, language: str) -> StackedChart:
    first, last = choice.days(session.clock.now().date())
    report = _report(session, choice, period_of(first, last), choice.stack)
    return charted(report, first, last, language)


def costs_table(session: Session, choice: CostsChoice, language: str) -> CostsTable:
    """By the fields of the view."""
    first, last = choice.days(session.clock.now().date())
    period = period_of(first, last)
    fields = {"day": (period,), "all": (period, "model", "key"), "client": (CLIENT_TAG,)}.get(
        choice.view, (choice.view,)
    )
    report = _report(session, choice, *fields)
    rows = report.rows
    rows = (
        rows[::-1] if fields[0] == period else sorted(rows, key=lambda row: -int(row["cost_pico_usd"] or 0))
    )
    shown = [_shown(row, fields, language) for row in rows[:MOST_ROWS]]
    marked = {mark: Money(amount) for mark, amount in marked_amounts(rows).items()}
    return CostsTable(fields, shown, _shown(_sums(rows), (), language), max(len(rows) - MOST_ROWS, 0), marked)


def dearest_calls(session: Session, choice: CostsChoice) -> list[Entry]:
    first, last = choice.days(session.clock.now().date())
    return session.ledger.dearest(first, last, choice.where(session.accounting.agency), MOST_CALLS)


def other_models(session: Session, choice: CostsChoice) -> tuple[list[OtherModel], Money]:
    """On the models that were used, and on those that stand for the Assistant's levels."""
    from ppkit.ai_assistant.model_levels import model_levels  # lazy: the Assistant needs an extra of its own

    report = _report(session, choice, "model", "kind")
    used = [str(row["model"]) for row in report.rows if row["kind"] in TEXT_KINDS]
    wishes = [name for names in model_levels("text").values() for name in names]
    accounting = session.accounting
    return on_other_models(report, [*wishes, *used], accounting.catalogue, session.clock.now())


def filter_options(session: Session, choice: CostsChoice) -> dict[str, list[tuple[str, str]]]:
    """The models, keys and clients of the chosen days, as (value, words)."""
    agency = session.accounting.agency
    everything = CostsChoice(choice.range, choice.first, choice.last)
    report = _report(session, everything, "model", "key", CLIENT_TAG)
    seen = {name: sorted({str(text) for text in report.labels[name][1] if text}) for name in report.by}
    clients = [(one.id, one.name) for one in agency.clients] or [(text, text) for text in seen[CLIENT_TAG]]
    return {
        "model": [(text, text) for text in seen["model"]],
        "key": [(text, text) for text in seen["key"]],
        "client": clients,
    }


def _report(session: Session, choice: CostsChoice, *by: str) -> Report:
    first, last = choice.days(session.clock.now().date())
    return session.ledger.report(by, first, last, choice.where(session.accounting.agency))


def _sums(rows: list[Any]) -> dict[str, Any]:
    return {name: sum(int(row[name] or 0) for row in rows) for name in SUMMED}


def _shown(row: Mapping[str, Any], fields: tuple[str, ...], language: str) -> dict[str, Any]:
    """A row with its labels as people read them, its amounts as Money and the signs of its marks."""
    labels = [
        formats.date(date.fromisoformat(str(row[name])), language)
        if name == "day"
        else str(row[name] or Texts(language)("costs.no_name"))
        for name in fields
    ]
    return {
        "labels": labels,
        "cost": Money(row["cost_pico_usd"]),
        "uncertain": Money(row["uncertain_pico_usd"]),
        "signs": signs_of(row),
        **{name: row[name] for name in FIGURES},
    }

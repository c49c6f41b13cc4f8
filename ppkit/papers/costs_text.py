"""The report of costs in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppkit.agency import Agency
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.papers.cost_report import CostReport
from ppkit.papers.paper import Letterhead, Paper, Section
from ppkit.spending.ledger import Report
from ppkit.spending.marks import SIGNS, marked_amounts, signs_of
from ppkit.spending.reports import charted

MOST_ROWS = 60
"""What a table on paper holds; the rest is one line."""


def costs_paper(facts: CostReport, language: str) -> Paper:
    texts = Texts(language)
    first, last = (formats.date(day, language, "long") for day in (facts.first, facts.last))
    about = facts.client.name if facts.client else texts("papers.costs.everything")
    chart = charted(facts.by_period, facts.first, facts.last, language)
    period = facts.by_period.by[0]
    return Paper(
        kind="costs",
        mode=facts.mode,
        language=language,
        name=texts(f"papers.costs.file.{facts.mode}", first=facts.first, last=facts.last),
        title=texts("papers.costs.title", about=about),
        band=texts("papers.costs.practice"),
        lead=texts("papers.costs.lead", first=first, last=last, moment=moment_of(facts, texts)),
        hero="",
        after_hero="",
        sections=(
            Section(texts("papers.costs.short"), facts=_short(facts, texts)),
            Section(texts(f"costs.by.{period}"), chart=chart if facts.calls else None),
            table_of(facts.by_model, "model", texts),
            table_of(facts.by_key, "key", texts),
            Section(texts("papers.costs.notes"), sentences=_notes(facts, texts)),
        ),
        foot=texts("papers.foot"),
        letterhead=letterhead_of(facts.agency),
    )


def letterhead_of(agency: Agency) -> Letterhead | None:
    if not agency.name:
        return None
    logo = agency.logo
    colour = agency.colours.brand or ""
    return Letterhead(agency.name, logo.content if logo else b"", logo.media_type if logo else "", colour)


def moment_of(facts: Any, texts: Texts) -> str:
    """When the ledger was read, in UTC as the days are."""
    return f"{formats.date(facts.at, texts.language)}, {formats.time(facts.at)} UTC"


def table_of(report: Report, field: str, texts: Texts, *, exact: bool = False) -> Section:
    """By one field, the dearest first: the cost stands second."""
    heads = (field, "cost", "calls", "input_tokens", "output_tokens")
    rows = sorted(report.rows, key=lambda row: -int(row["cost_pico_usd"] or 0))
    lines = [
        _line(row, str(row[field] or texts("costs.no_name")), texts, exact=exact) for row in rows[:MOST_ROWS]
    ]
    if len(rows) > MOST_ROWS:
        figures = ("cost_pico_usd", "calls", "input_tokens", "output_tokens")
        marks = [f"{mark}_pico_usd" for mark in SIGNS]
        rest = {name: sum(int(row[name] or 0) for row in rows[MOST_ROWS:]) for name in (*figures, *marks)}
        lines.append(_line(rest, texts("costs.others"), texts, exact=exact))
    return Section(
        texts(f"papers.costs.by.{field}"),
        head=tuple(texts(f"costs.column.{name}") for name in heads),
        rows=tuple(lines),
        numbers=(1, 2, 3, 4),
        sentences=() if rows else (texts("papers.costs.nothing"),),
    )


def _line(row: Mapping[str, Any], name: str, texts: Texts, *, exact: bool) -> tuple[str, ...]:
    cost = formats.money(Money(row["cost_pico_usd"]), texts.language, places="exact" if exact else 2)
    numbers = (
        formats.number(row[each], texts.language) for each in ("calls", "input_tokens", "output_tokens")
    )
    return (name, f"{signs_of(row)} {cost}".strip(), *numbers)


def _short(facts: CostReport, texts: Texts) -> tuple[tuple[str, str, str], ...]:
    language = texts.language
    each = Money(facts.cost.pico_usd // facts.calls) if facts.calls else Money(0)
    shown = [
        (texts("costs.column.cost"), formats.money(facts.cost, language), ""),
        (texts("costs.column.calls"), formats.number(facts.calls, language), ""),
        (texts("papers.costs.per_call"), formats.money(each, language), ""),
    ]
    if facts.uncertain:
        shown.append(
            (
                texts("costs.column.uncertain"),
                formats.money(facts.uncertain, language),
                texts("costs.uncertain_means"),
            )
        )
    shown += [
        (texts(f"costs.column.{name}"), value, "") for name, value in facts.where.items() if name != "day"
    ]
    return tuple(shown)


def _notes(facts: CostReport, texts: Texts) -> tuple[str, ...]:
    rows = facts.by_model.rows
    marks = [
        texts(
            f"spending.mark.{mark}",
            sign=SIGNS.get(mark, ""),
            amount=formats.money(Money(amount), texts.language),
        )
        for mark, amount in marked_amounts(rows).items()
    ]
    return (*(mark.strip() for mark in marks), texts("papers.costs.days"), texts("papers.costs.source"))

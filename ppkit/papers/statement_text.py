"""A client's monthly statement in words."""

from __future__ import annotations

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.papers.client_statement import ClientStatement, first_day
from ppkit.papers.costs_text import letterhead_of, moment_of, table_of
from ppkit.papers.paper import Paper, Section
from ppkit.spending.reports import charted

Fact = tuple[str, str, str]


def statement_paper(facts: ClientStatement, language: str) -> Paper:
    texts = Texts(language)
    month = formats.month(first_day(facts.month), language)
    chart = charted(facts.by_day, facts.days[0], facts.days[-1], language)
    state = "final" if facts.is_final else "provisional"
    return Paper(
        kind="statement",
        mode=facts.mode,
        language=language,
        name=texts(f"papers.statement.file.{facts.mode}", month=facts.month, client=facts.client.id),
        title=texts("papers.statement.title", month=month),
        band=texts("papers.costs.practice"),
        lead=texts(f"papers.statement.{state}", moment=moment_of(facts, texts)),
        hero=facts.client.name,
        after_hero=texts("papers.statement.what"),
        sections=(
            Section(texts("papers.statement.amounts"), facts=amounts(facts, texts)),
            table_of(facts.by_model, "model", texts, exact=True),
            Section(
                texts("costs.by.day"),
                chart=chart if facts.calls else None,
                head=(texts("costs.column.day"), texts("costs.column.cost"), texts("costs.column.calls")),
                rows=_days(facts, language),
                numbers=(1, 2),
            ),
            Section(texts("papers.costs.notes"), sentences=_notes(facts, texts)),
        ),
        foot=texts("papers.foot"),
        letterhead=letterhead_of(facts.agency),
    )


def amounts(facts: ClientStatement, texts: Texts) -> tuple[Fact, ...]:
    """Cost, mark-up and total in USD, to the last digit; and the total in the agency's currency."""
    language = texts.language
    calls = texts.plural("papers.statement.calls", facts.calls, count=formats.number(facts.calls, language))
    shown: list[Fact] = [(texts("papers.statement.cost"), exact(facts.cost, language), calls)]
    if facts.markup is not None:
        percent = formats.number(facts.markup.percent, language)
        shown.append((texts("papers.statement.markup", percent=percent), exact(facts.added, language), ""))
    shown.append((texts("papers.statement.total"), exact(facts.total, language), ""))
    if facts.currency is not None and facts.in_currency is not None:
        currency = facts.currency
        rate, day = formats.number(currency.rate, language), formats.date(currency.at, language)
        remark = texts("papers.statement.rate", rate=rate, code=currency.code, date=day)
        label = texts("papers.statement.in_currency", code=currency.code)
        shown.append((label, formats.in_currency(facts.in_currency, currency.code, language), remark))
    if facts.uncertain:
        uncertain = texts("costs.column.uncertain")
        shown.append((uncertain, exact(facts.uncertain, language), texts("costs.uncertain_means")))
    return tuple(shown)


def exact(amount: Money, language: str) -> str:
    return formats.money(amount, language, places="exact")


def _days(facts: ClientStatement, language: str) -> tuple[tuple[str, ...], ...]:
    by_day = {str(row["day"]): row for row in facts.by_day.rows}
    return tuple(
        (
            formats.date(day, language),
            exact(Money(int(row["cost_pico_usd"] or 0)), language),
            formats.number(int(row["calls"] or 0), language),
        )
        for day in facts.days
        if (row := by_day.get(day.isoformat())) is not None
    )


def _notes(facts: ClientStatement, texts: Texts) -> tuple[str, ...]:
    notes = [texts("papers.statement.counted", what=facts.client.key or facts.client.tag)]
    if facts.markup is not None:
        notes.append(texts("papers.statement.markup_rule"))
    if facts.currency is not None:
        notes.append(texts("papers.statement.rate_rule", code=facts.currency.code))
    return (*notes, texts("papers.costs.days"))

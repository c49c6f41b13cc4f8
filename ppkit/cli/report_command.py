"""`ppkit report`: what some days cost, for a client or for everything, to be handed on."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.paper_output import NEW_FILE, tell_paper, write_paper
from ppkit.current_session import session
from ppkit.look.texts import Texts
from ppkit.papers import CostReport, cost_report, costs_paper

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("report", cls=Command, help="cli.help.report")
@click.option("--client", metavar="NAME", help="cli.report.option.client")
@click.option("--from", "--since", "since", type=_DAY, help="cli.report.option.since")
@click.option("--to", "--until", "until", type=_DAY, help="cli.report.option.until")
@click.option("--model", metavar="NAME", help="cli.report.option.model")
@click.option("--key", metavar="…WXYZ", help="cli.report.option.key")
@click.option("--html", type=NEW_FILE, help="cli.report.option.html")
@click.option("--png", type=NEW_FILE, help="cli.report.option.png")
@click.option("--pdf", type=NEW_FILE, help="cli.report.option.pdf")
@json_option()
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts,
    client: str | None,
    since: datetime | None,
    until: datetime | None,
    model: str | None,
    key: str | None,
    html: Path | None,
    png: Path | None,
    pdf: Path | None,
    as_json: bool,
) -> None:
    current = session()
    first, last = _days(since, until, current.clock.now().date())
    where = {name: value for name, value in (("model", model), ("key", key)) if value is not None}
    facts = cost_report(current, first, last, client=client, where=where)
    paper = costs_paper(facts, texts.language)
    written = write_paper(paper, {"html": html, "png": png, "pdf": pdf})
    tell_paper(paper, written, _document(facts), texts, as_json=as_json)


def _days(since: datetime | None, until: datetime | None, today: date) -> tuple[date, date]:
    """By default the month until today."""
    last = until.date() if until else today
    first = since.date() if since else last.replace(day=1)
    if first > last:
        raise click.BadParameter("", param=next(each for each in command.params if each.name == "until"))
    return first, last


def _document(facts: CostReport) -> dict[str, object]:
    return {
        "mode": facts.mode,
        "from": facts.first.isoformat(),
        "to": facts.last.isoformat(),
        "agency": facts.agency.name or None,
        "client": facts.client.id if facts.client else None,
        "calls": facts.calls,
        "cost_pico_usd": facts.cost.pico_usd,
        "uncertain_pico_usd": facts.uncertain.pico_usd,
        "by_period": facts.by_period.records(),
        "by_model": facts.by_model.records(),
        "by_key": facts.by_key.records(),
    }

"""`ppkit report`: what some days cost, for a client or for everything, to be handed on."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json
from ppkit.cli.paper_output import in_words, write_paper
from ppkit.current_session import session
from ppkit.look.texts import Texts
from ppkit.papers import CostReport, Form, cost_report, costs_paper

_DAY = click.DateTime(["%Y-%m-%d"])
_NEW_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("report", cls=Command, help="cli.help.report")
@click.option("--client", metavar="NAME", help="cli.report.option.client")
@click.option("--from", "--since", "since", type=_DAY, help="cli.report.option.since")
@click.option("--to", "--until", "until", type=_DAY, help="cli.report.option.until")
@click.option("--model", metavar="NAME", help="cli.report.option.model")
@click.option("--key", metavar="…WXYZ", help="cli.report.option.key")
@click.option("--html", type=_NEW_FILE, help="cli.report.option.html")
@click.option("--png", type=_NEW_FILE, help="cli.report.option.png")
@click.option("--pdf", type=_NEW_FILE, help="cli.report.option.pdf")
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
    asked: list[tuple[Path | None, Form]] = [(html, "html"), (png, "png"), (pdf, "pdf")]
    written = [write_paper(paper, path, form) for path, form in asked if path]
    if as_json:
        print_json(_document(facts) | {"written": [str(path) for path in written]})
        return
    for path in written:
        click.echo(texts("cli.report.written", path=path))
    if not written:
        click.echo(in_words(paper))


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

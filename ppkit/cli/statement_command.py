"""`ppkit statement`: a client's month, with mark-up and currency; without a client, all of them."""

from __future__ import annotations

from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json, table
from ppkit.cli.paper_output import NEW_FILE, tell_paper, write_content, write_paper
from ppkit.clock import month_of
from ppkit.current_session import session
from ppkit.look.texts import Texts
from ppkit.papers import ClientStatement, client_statement, of_no_client, statement_paper
from ppkit.papers.statement_text import exact
from ppkit.sessions import Session


@click.command("statement", cls=Command, help="cli.help.statement")
@click.option("--client", metavar="NAME", help="cli.statement.option.client")
@click.option("--month", metavar="YYYY-MM", help="cli.statement.option.month")
@click.option("--html", type=NEW_FILE, help="cli.report.option.html")
@click.option("--xlsx", type=NEW_FILE, help="cli.statement.option.xlsx")
@click.option("--pdf", type=NEW_FILE, help="cli.report.option.pdf")
@click.option("--png", type=NEW_FILE, help="cli.report.option.png")
@json_option()
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts,
    client: str | None,
    month: str | None,
    html: Path | None,
    xlsx: Path | None,
    pdf: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    current = session()
    month = month or month_of(current.clock.now())
    if client is None:
        if html or xlsx or pdf or png:
            raise click.MissingParameter(param=next(each for each in command.params if each.name == "client"))
        _list(current, month, texts, as_json=as_json)
        return
    facts = client_statement(current, client, month)
    paper = statement_paper(facts, texts.language)
    written = write_paper(paper, {"html": html, "pdf": pdf, "png": png})
    if xlsx:
        from ppkit.papers.workbook import workbook_of  # lazy: only who wants a spreadsheet needs its library

        written.append(write_content(workbook_of(facts, texts.language), xlsx))
    tell_paper(paper, written, _document(facts), texts, as_json=as_json)


def _list(current: Session, month: str, texts: Texts, *, as_json: bool) -> None:
    """Every client's month on a line, and what is on nobody's statement."""
    found = [client_statement(current, one.id, month) for one in current.accounting.agency.clients]
    rest = of_no_client(current, month)
    if as_json:
        statements = [_document(facts) for facts in found]
        print_json({"month": month, "statements": statements, "of_no_client_pico_usd": rest.pico_usd})
    elif not found:
        click.echo(texts("cli.statement.no_clients"))
    else:
        names = ("client", "cost", "markup", "total")
        rows = [
            [one.client.name, *(exact(each, texts.language) for each in (one.cost, one.added, one.total))]
            for one in found
        ]
        click.echo(table([texts(f"cli.statement.column.{name}") for name in names], rows, numbers_from=1))
        click.echo(texts("cli.statement.of_no_client", amount=exact(rest, texts.language)))


def _document(facts: ClientStatement) -> dict[str, object]:
    currency, amount = facts.currency, facts.in_currency
    return {
        "mode": facts.mode,
        "month": facts.month,
        "client": facts.client.id,
        "name": facts.client.name,
        "final": facts.is_final,
        "calls": facts.calls,
        "cost_pico_usd": facts.cost.pico_usd,
        "uncertain_pico_usd": facts.uncertain.pico_usd,
        "reserved_pico_usd": facts.reserved.pico_usd,
        "markup_percent": str(facts.markup.percent) if facts.markup is not None else None,
        "markup_pico_usd": facts.added.pico_usd,
        "total_pico_usd": facts.total.pico_usd,
        "currency": None
        if currency is None
        else {
            "code": currency.code,
            "rate": str(currency.rate),
            "date": currency.at.isoformat(),
            "total": str(amount),
        },
        "by_model": facts.by_model.records(),
        "by_day": facts.by_day.records(),
    }

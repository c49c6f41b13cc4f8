"""`ppkit usage`: what was spent, from the ledger, by day, model, key or tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json, table
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.session import session

DEFAULT_BY = ("day",)
_NUMBERS = ("calls", "input_tokens", "output_tokens")
_AMOUNTS = ("cost_pico_usd", "reserved_pico_usd")
_NAMED = ("day", "model", "key")
Row = Mapping[str, str | int | None]


@click.command("usage", cls=Command, help="cli.help.usage")
@click.option("--by", multiple=True, metavar="day|model|key|tag:NAME", help="cli.usage.option.by")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="cli.usage.option.since")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="cli.usage.option.until")
@click.option("--csv", "as_csv", is_flag=True, help="cli.usage.option.csv")
@json_option()
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts,
    by: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    fields = by or DEFAULT_BY
    first, last = since and since.date(), until and until.date()
    report = session().ledger.report(by=fields, since=first, until=last)
    if as_json:
        print_json(report.rows)
    elif as_csv:
        click.echo(report.to_csv(), nl=False)
    elif not report.rows:
        click.echo(texts("cli.usage.nothing"))
    else:
        click.echo(_table(report.rows, fields, texts))


def _table(rows: Sequence[Row], fields: Sequence[str], texts: Texts) -> str:
    head = [_heading(name, texts) for name in (*fields, *_NUMBERS, *_AMOUNTS)]
    whole = {name: sum(_whole(row[name]) for row in rows) for name in (*_NUMBERS, *_AMOUNTS)}
    labels = [texts("cli.usage.total"), *[""] * (len(fields) - 1)]
    body = [[*(str(row[name] or "–") for name in fields), *_amounts(row, texts)] for row in rows]
    return table(head, [*body, [*labels, *_amounts(whole, texts)]], numbers_from=len(fields))


def _amounts(row: Mapping[str, object], texts: Texts) -> list[str]:
    numbers = [formats.number(_whole(row[name]), texts.language) for name in _NUMBERS]
    amounts = [formats.money(Money(_whole(row[name])), texts.language) for name in _AMOUNTS]
    return numbers + amounts


def _whole(value: object) -> int:
    """Numbers of a report are whole; a missing one (nothing known) counts as none."""
    return value if isinstance(value, int) else 0


def _heading(name: str, texts: Texts) -> str:
    known = (*_NAMED, *_NUMBERS, *_AMOUNTS)
    return texts(f"cli.usage.column.{name}") if name in known else name.removeprefix("tag:")

"""`ppkit usage`: what was spent, from the ledger, by hour to month, model, key, kind, purse or tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click

from ppkit.cli.command import Command, NotTogether, json_option
from ppkit.cli.output import print_json, table
from ppkit.current_session import session
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.author import login_name
from ppkit.spending.ledger import CostNotAnAmount, Report, UncertainCall
from ppkit.spending.marks import SIGNS, marked_amounts, signs_of

DEFAULT_BY = ("day",)
_NUMBERS = ("calls", "input_tokens", "output_tokens")
_AMOUNTS = ("cost_pico_usd", "uncertain_pico_usd", "reserved_pico_usd")
_MARKED = tuple(f"{mark}_pico_usd" for mark in SIGNS)
_NAMED = ("hour", "day", "week", "month", "model", "key", "kind", "purse")
Row = Mapping[str, str | int | None]
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command("usage", cls=Command, help="cli.help.usage")
@click.option("--by", multiple=True, metavar="FIELD[,FIELD]", help="cli.usage.option.by")
@click.option("--since", "--from", type=click.DateTime(["%Y-%m-%d"]), help="cli.usage.option.since")
@click.option("--until", "--to", type=click.DateTime(["%Y-%m-%d"]), help="cli.usage.option.until")
@click.option("--csv", "as_csv", is_flag=True, help="cli.usage.option.csv")
@click.option("--xlsx", type=_NEW_FILE, metavar="FILE", help="cli.usage.option.xlsx")
@click.option("--parquet", type=_NEW_FILE, metavar="FILE", help="cli.usage.option.parquet")
@click.option("--uncertain", is_flag=True, help="cli.usage.option.uncertain")
@click.option("--resolve", metavar="CALL", help="cli.usage.option.resolve")
@click.option("--cost", metavar="USD", help="cli.usage.option.cost")
@click.option("--why", metavar="TEXT", help="cli.usage.option.why")
@json_option()
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts,
    by: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    as_csv: bool,
    xlsx: Path | None,
    parquet: Path | None,
    uncertain: bool,
    resolve: str | None,
    cost: str | None,
    why: str | None,
    as_json: bool,
) -> None:
    if resolve is None and (cost is not None or why is not None):
        raise click.MissingParameter(param=_option("--resolve"))
    asked = {"--csv": as_csv, "--xlsx": xlsx, "--parquet": parquet}
    forms = [name for name, given in asked.items() if given]
    if forms and (uncertain or resolve is not None):
        raise NotTogether(forms[0], "--uncertain" if uncertain else "--resolve")
    if len(forms) > 1:
        raise NotTogether(*forms[:2])
    if resolve is not None:
        if uncertain:
            raise NotTogether("--uncertain", "--resolve")
        _resolve(texts, resolve, cost, why, as_json=as_json)
    elif uncertain:
        _list_uncertain(texts, as_json=as_json)
    else:
        fields = [name for names in by for name in names.split(",")] or DEFAULT_BY
        first, last = since and since.date(), until and until.date()
        report = session().report(by=fields, since=first, until=last)
        if xlsx or parquet:
            _write_file(texts, report, xlsx, parquet, as_json=as_json)
        else:
            _show(texts, report, as_csv=as_csv, as_json=as_json)


def _write_file(
    texts: Texts, report: Report, xlsx: Path | None, parquet: Path | None, *, as_json: bool
) -> None:
    path = xlsx or parquet
    assert path is not None
    try:
        report.to_xlsx(path) if xlsx else report.to_parquet(path)
    except OSError as error:
        raise click.BadParameter("", param=_option("--xlsx" if xlsx else "--parquet")) from error
    if as_json:
        print_json({"file": str(path), "rows": len(report)})
    else:
        click.echo(
            texts("cli.usage.written", file=str(path), rows=formats.number(len(report), texts.language))
        )


def _show(texts: Texts, report: Report, *, as_csv: bool, as_json: bool) -> None:
    if as_json:
        print_json(report.records())
    elif as_csv:
        click.echo(report.to_csv(), nl=False)
    elif not report.rows:
        click.echo(texts("cli.usage.nothing"))
    else:
        click.echo(_table(report.rows, report.by, texts))
        for line in _legend(report.rows, texts):
            click.echo(line)


def _table(rows: Sequence[Row], fields: Sequence[str], texts: Texts) -> str:
    head = [_heading(name, texts) for name in (*fields, *_NUMBERS, *_AMOUNTS)]
    whole = {name: sum(_whole(row[name]) for row in rows) for name in (*_NUMBERS, *_AMOUNTS, *_MARKED)}
    labels = [texts("cli.usage.total"), *[""] * (len(fields) - 1)]
    body = [[*(str(row[name] or "–") for name in fields), *_amounts(row, texts)] for row in rows]
    return table(head, [*body, [*labels, *_amounts(whole, texts)]], numbers_from=len(fields))


def _legend(rows: Sequence[Row], texts: Texts) -> list[str]:
    """What the signs beside the costs mean, and how much of the whole they stand for."""
    return [
        texts(f"spending.mark.{mark}", sign=SIGNS.get(mark, ""), amount=_money(amount, texts)).strip()
        for mark, amount in marked_amounts(rows).items()
    ]


def _amounts(row: Mapping[str, object], texts: Texts) -> list[str]:
    numbers = [formats.number(_whole(row[name]), texts.language) for name in _NUMBERS]
    cost, *others = [_money(_whole(row[name]), texts) for name in _AMOUNTS]
    return [*numbers, f"{signs_of(row)} {cost}".strip(), *others]


def _money(pico_usd: int, texts: Texts) -> str:
    return formats.money(Money(pico_usd), texts.language)


def _whole(value: object) -> int:
    """Numbers of a report are whole; a missing one (nothing known) counts as none."""
    return value if isinstance(value, int) else 0


def _heading(name: str, texts: Texts) -> str:
    known = (*_NAMED, *_NUMBERS, *_AMOUNTS)
    return texts(f"cli.usage.column.{name}") if name in known else name.removeprefix("tag:")


def _list_uncertain(texts: Texts, *, as_json: bool) -> None:
    ledger = session().ledger
    ledger.expire()  # so that what a killed process left behind is in the list
    calls = ledger.uncertain()
    if as_json:
        print_json([_document(call) for call in calls])
    elif not calls:
        click.echo(texts("cli.uncertain.none"))
    else:
        names = ("call", "when", "model", "key", "at_most", "why")
        click.echo(
            table(
                [texts(f"cli.uncertain.column.{name}") for name in names],
                [_line(call, texts) for call in calls],
                numbers_from=len(names),
            )
        )
        click.echo(texts("cli.uncertain.now"))


def _line(call: UncertainCall, texts: Texts) -> list[str]:
    when = f"{call.reserved_at.date().isoformat()} {formats.time(call.reserved_at)}"
    why = texts(f"spending.uncertain.{call.why}")
    return [call.call.id, when, call.call.model, call.call.key, _money(call.at_most.pico_usd, texts), why]


def _document(call: UncertainCall) -> dict[str, object]:
    return {
        "call_id": call.call.id,
        "reserved_at": call.reserved_at.isoformat(),
        "ended_at": call.ended_at.isoformat(),
        "model": call.call.model,
        "key": call.call.key,
        "endpoint": call.call.endpoint,
        "tags": dict(call.call.tags),
        "at_most_pico_usd": call.at_most.pico_usd,
        "why": call.why,
    }


def _resolve(texts: Texts, call_id: str, cost: str | None, why: str | None, *, as_json: bool) -> None:
    if cost is None or why is None or not why.strip():
        raise click.MissingParameter(param=_option("--cost" if cost is None else "--why"))
    ledger = session().ledger
    ledger.expire()
    amount = _amount(cost)
    entry = ledger.resolve(call_id, amount, by=login_name(), why=why)
    if as_json:
        last = entry.adjustments[-1]
        print_json({"call_id": call_id, "cost_pico_usd": amount.pico_usd, "by": last.by, "why": last.why})
    else:
        click.echo(texts("cli.uncertain.resolved", call=call_id, cost=_money(amount.pico_usd, texts)))


def _amount(text: str) -> Money:
    """Raises CostNotAnAmount."""
    try:
        amount = Money.usd(text)
    except ValueError:
        raise CostNotAnAmount from None
    if amount.pico_usd < 0:
        raise CostNotAnAmount
    return amount


def _option(name: str) -> click.Parameter:
    return next(option for option in command.params if name in option.opts)

"""`ppkit reconcile`: the ledger beside the platform's own figures, by day and model.

Exit code 0: they agree, or every difference is explained; 1: something is not explained, or the platform
refused; 3: uncertain calls could be settled, and nobody agreed to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from ppkit.bill import DayModel, Imported, Reconciliation, causes_in_words, model_in_words
from ppkit.cli.command import Command, json_option
from ppkit.cli.consent import agrees
from ppkit.cli.output import platform_answers, print_json, table
from ppkit.current_session import session
from ppkit.keys import presentable
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money

NOT_EXPLAINED = 1
NOT_AGREED = 3
_EXPORTS = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("reconcile", cls=Command, help="cli.help.reconcile")
@click.option("--since", "--from", type=click.DateTime(["%Y-%m-%d"]), help="cli.reconcile.option.since")
@click.option("--until", "--to", type=click.DateTime(["%Y-%m-%d"]), help="cli.reconcile.option.until")
@click.option("--fetch", is_flag=True, help="cli.reconcile.option.fetch")
@click.option("--csv", "exports", multiple=True, type=_EXPORTS, help="cli.reconcile.option.csv")
@click.option("--settle", is_flag=True, help="cli.reconcile.option.settle")
@click.option("--yes", is_flag=True, help="cli.reconcile.option.yes")
@json_option()
@click.pass_obj
def command(
    texts: Texts,
    *,
    since: datetime | None,
    until: datetime | None,
    fetch: bool,
    exports: tuple[Path, ...],
    settle: bool,
    yes: bool,
    as_json: bool,
) -> int:
    account = session().platform_account
    first, last = since and since.date(), until and until.date()
    imported: list[Imported] = []
    if fetch:
        with platform_answers(texts):
            imported.append(account.fetch_bill(first, last))
    for path in exports:
        imported.append(account.bill.read_csv(path.read_bytes(), path.name))
    if not as_json:
        for one in imported:
            _tell_import(one, texts)
    found, settled = account.bill.reconcile(first, last), 0
    agreed = settle and found.to_settle > 0 and (yes or (not as_json and _agrees(found, texts)))
    if agreed:
        settled = account.bill.settle(found)
        found = account.bill.reconcile(first, last)
    if as_json:
        print_json(_document(found, imported, settled))
    else:
        _tell(found, settled, texts)
    if settle and found.to_settle and not agreed:
        return NOT_AGREED
    return 0 if all(row.is_explained for row in found.rows) else NOT_EXPLAINED


def _tell_import(one: Imported, texts: Texts) -> None:
    days = formats.number(max(one.days.values(), default=0), texts.language)
    figures = formats.number(one.figures, texts.language)
    click.echo(texts("cli.reconcile.imported", days=days, figures=figures), err=True)


def _agrees(found: Reconciliation, texts: Texts) -> bool:
    """Asks a user who sits there; nobody else has agreed."""
    count = found.to_settle
    cost = sum((one.cost for row in found.rows for one in row.settlings), Money(0))
    shown = formats.money(cost, texts.language)
    click.echo(texts.plural("cli.reconcile.to_settle", count, cost=shown), err=True)
    if not found.keys_known:
        click.echo(texts("cli.reconcile.keys_unknown"), err=True)
    return agrees(texts, "cli.reconcile.ask", "cli.reconcile.say_yes")


def _tell(found: Reconciliation, settled: int, texts: Texts) -> None:
    if not found.rows and not found.missing:
        click.echo(texts("cli.reconcile.nothing"))
        return
    if settled:
        click.echo(texts.plural("cli.reconcile.settled", settled))
    if found.differences:
        click.echo(_table(found.differences, texts))
        kinds = dict.fromkeys(cause.kind for row in found.differences for cause in row.causes)
        for kind in kinds:
            name = texts(f"reconcile.cause.{kind}")
            click.echo(f"{name} – {texts(f'reconcile.cause.{kind}.why')}")
        if any(row.own.uncertain for row in found.differences):
            click.echo(texts("cli.reconcile.uncertain"))
    else:
        click.echo(texts("cli.reconcile.agree"))
    if found.missing:
        days = ", ".join(formats.date(day, texts.language, "short") for day in found.missing)
        click.echo(texts("cli.reconcile.missing", days=days))


def _table(rows: Sequence[DayModel], texts: Texts) -> str:
    names = ("day", "model", "here", "there", "difference", "causes")
    lines = [
        [
            row.day.isoformat(),
            model_in_words(row, texts),
            formats.money(Money(row.own.sums.pico_usd), texts.language),
            formats.money(Money(row.theirs.pico_usd), texts.language),
            formats.money(row.difference, texts.language),
            causes_in_words(row, texts),
        ]
        for row in rows
    ]
    return table([texts(f"cli.reconcile.column.{name}") for name in names], lines, numbers_from=2)


def _document(found: Reconciliation, imported: Sequence[Imported], settled: int) -> dict[str, object]:
    return {
        "imported": [
            {"days": dict(one.days), "figures": one.figures, "lines": one.lines} for one in imported
        ],
        "keys_known": found.keys_known,
        "settled": settled,
        "to_settle": found.to_settle,
        "missing_days": [day.isoformat() for day in found.missing],
        "rows": [_row(row) for row in found.rows],
    }


def _row(row: DayModel) -> dict[str, object]:
    return {
        "day": row.day.isoformat(),
        "model": presentable(row.model) or None,
        "ours_pico_usd": row.own.sums.pico_usd,
        "theirs_pico_usd": row.theirs.pico_usd,
        "difference_pico_usd": row.difference.pico_usd,
        "our_calls": row.own.sums.calls,
        "their_calls": row.theirs.calls,
        "uncertain_calls": len(row.own.uncertain),
        "causes": [{"kind": cause.kind, "pico_usd": cause.amount.pico_usd} for cause in row.causes],
        "settlings": [
            {"call_id": one.call_id, "cost_pico_usd": one.cost.pico_usd, "mark": one.mark}
            for one in row.settlings
        ],
    }

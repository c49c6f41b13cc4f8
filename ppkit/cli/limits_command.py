"""`ppkit limits`: the soft limit that informs, the hard limit that blocks, both by calendar month (UTC)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from ppkit.cli.command import Command, NotTogether, json_option
from ppkit.cli.output import print_json, table
from ppkit.clock import month_of, next_month
from ppkit.current_session import session
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.budget import LimitChange
from ppkit.spending.ledger.values import Limits, Totals
from ppkit.spending.limit_amounts import AS_IS, Keep
from ppkit.spending.limit_texts import scope_text

NONE = "none"


@click.command("limits", cls=Command, help="cli.help.limits")
@click.option("--soft", metavar="USD|none", help="cli.limits.option.soft")
@click.option("--hard", metavar="USD|none", help="cli.limits.option.hard")
@click.option("--why", metavar="TEXT", help="cli.limits.option.why")
@click.option("--changes", is_flag=True, help="cli.limits.option.changes")
@json_option()
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts, soft: str | None, hard: str | None, why: str | None, changes: bool, as_json: bool
) -> None:
    current, sets = session(), soft is not None or hard is not None
    if changes:
        if sets:
            raise NotTogether("--changes", "--soft" if hard is None else "--hard")
        _list_changes(current.budget.changes(), texts, as_json=as_json)
        return
    if sets:
        limits = current.budget.set(soft=_chosen(soft), hard=_chosen(hard), why=why or "")
    else:
        limits = current.budget.get()
    totals, now = current.ledger.totals(), current.clock.now()
    if as_json:
        print_json(_document(limits, totals, now))
    else:
        _tell(limits, totals, now, texts)


def _list_changes(changes: Sequence[LimitChange], texts: Texts, *, as_json: bool) -> None:
    if as_json:
        print_json([_change(change) for change in changes])
    elif not changes:
        click.echo(texts("cli.limits.no_changes"))
    else:
        names = ("when", "scope", "soft", "hard", "by", "why")
        lines = [
            [
                f"{change.at.date().isoformat()} {formats.time(change.at)}",
                scope_text(change.scope, texts),
                _shown(change.limits.soft, texts),
                _shown(change.limits.hard, texts),
                change.by,
                change.why,
            ]
            for change in changes
        ]
        headings = [texts(f"cli.limits.column.{name}") for name in names]
        click.echo(table(headings, lines, numbers_from=len(names)))


def _change(change: LimitChange) -> dict[str, object]:
    return {"at": change.at.isoformat(), "scope": change.scope, "by": change.by, "why": change.why} | {
        f"{name}_pico_usd": None if limit is None else limit.pico_usd
        for name, limit in (("soft", change.limits.soft), ("hard", change.limits.hard))
    }


def _chosen(asked: str | None) -> str | Keep | None:
    """What was asked for; an option that was left out leaves the limit as it is."""
    if asked is None:
        return AS_IS
    return None if asked.lower() == NONE else asked


def _tell(limits: Limits, totals: Totals, now: datetime, texts: Texts) -> None:
    click.echo(texts("cli.limits.soft", limit=_shown(limits.soft, texts)))
    click.echo(texts("cli.limits.hard", limit=_shown(limits.hard, texts)))
    spent = formats.money(totals.spent, texts.language)
    reserved = formats.money(totals.reserved, texts.language)
    starts = formats.date(next_month(now), texts.language)
    click.echo(texts("cli.limits.spent", spent=spent, reserved=reserved, starts=starts))
    if totals.uncertain:
        uncertain = formats.money(totals.uncertain, texts.language)
        click.echo(texts("cli.limits.uncertain", uncertain=uncertain))


def _shown(limit: Money | None, texts: Texts) -> str:
    return texts("cli.limits.none") if limit is None else formats.money(limit, texts.language)


def _document(limits: Limits, totals: Totals, now: datetime) -> dict[str, object]:
    return {
        "month": month_of(now),
        "soft_pico_usd": limits.soft.pico_usd if limits.soft is not None else None,
        "hard_pico_usd": limits.hard.pico_usd if limits.hard is not None else None,
        "spent_pico_usd": totals.spent.pico_usd,
        "reserved_pico_usd": totals.reserved.pico_usd,
        "uncertain_pico_usd": totals.uncertain.pico_usd,
    }

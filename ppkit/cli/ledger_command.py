"""`ppkit ledger`: where the books are kept, and how they get from one database to another."""

from __future__ import annotations

import click

from ppkit.cli.command import Group, json_option
from ppkit.cli.output import print_json
from ppkit.current_session import session
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.spending.ledger.moving import move_ledger

command = Group("ledger", help="cli.help.ledger")


@command.command("move", help="cli.help.ledger.move")
@click.argument("from_url", metavar="FROM")
@click.argument("to_url", metavar="TO")
@json_option()
@click.pass_obj
def move(texts: Texts, from_url: str, to_url: str, as_json: bool) -> None:
    current = session()
    full = current.settings.full_ledger_url
    moved = move_ledger(full(from_url), full(to_url), current.clock, current.mode)
    if as_json:
        print_json(
            {
                "from": moved.source,
                "to": moved.target,
                "calls": moved.calls,
                "months": moved.months,
                "cost_pico_usd": moved.spent.pico_usd,
                "uncertain_pico_usd": moved.uncertain.pico_usd,
                "reserved_pico_usd": moved.reserved.pico_usd,
            }
        )
        return
    numbers = {name: formats.number(getattr(moved, name), texts.language) for name in ("calls", "months")}
    amounts = {
        name: formats.money(getattr(moved, name), texts.language)
        for name in ("spent", "uncertain", "reserved")
    }
    click.echo(texts("cli.ledger.moved", target=moved.target, **numbers, **amounts))
    click.echo(texts("cli.ledger.now", source=moved.source))

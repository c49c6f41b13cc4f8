"""`ppkit ledger`: where the books are kept, and how they get from one database to another."""

from __future__ import annotations

import re
from collections.abc import Callable

import click

from ppkit.cli.command import Group, json_option
from ppkit.cli.output import print_json
from ppkit.current_session import session
from ppkit.errors import PpkitError
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.settings import Settings
from ppkit.spending.ledger.moving import move_ledger

SETTING = "PPKIT_LEDGER_URL"
"""In the place of an address: the one in this setting."""

_PASSWORD = re.compile(r"://[^/?#]*:[^/?#]*@|[?&](?:ssl)?password=")


class PasswordInArgument(PpkitError):
    """An address on the command line holds a password: the list of processes shows it. No facts."""

    code = "password_in_argument"


command = Group("ledger", help="cli.help.ledger")


@command.command("move", help="cli.help.ledger.move")
@click.argument("from_url", metavar="FROM")
@click.argument("to_url", metavar="TO")
@json_option()
@click.pass_obj
def move(texts: Texts, from_url: str, to_url: str, as_json: bool) -> None:
    current = session()
    address = _address_of(current.settings)
    moved = move_ledger(address(from_url), address(to_url), current.clock, current.mode)
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


def _address_of(settings: Settings) -> Callable[[str], str]:
    """Reads an address as it is typed. Raises PasswordInArgument."""

    def address(given: str) -> str:
        if given == SETTING:
            return settings.resolved_ledger_url
        if _PASSWORD.search(given):
            raise PasswordInArgument
        return settings.full_ledger_url(given)

    return address

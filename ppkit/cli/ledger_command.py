"""`ppkit ledger`: where the books are kept, and how they get from one database to another."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing

import click

from ppkit.cli.command import Group, json_option
from ppkit.cli.output import print_json
from ppkit.current_session import session
from ppkit.errors import PpkitError
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.settings import Settings
from ppkit.spending.ledger.moving import move_ledger
from ppkit.spending.ledger.opening import POSTGRES

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


class RolesNeedServer(PpkitError):
    """Roles belong to a ledger on PostgreSQL; this one is a file. No facts."""

    code = "roles_need_server"


@command.command("roles", help="cli.help.ledger.roles")
@click.option("--learner", metavar="LOGIN", help="cli.ledger.option.learner")
@click.option("--tag", metavar="NAME=VALUE", help="cli.ledger.option.tag")
@json_option()
@click.pass_obj
def roles(texts: Texts, learner: str | None, tag: str | None, as_json: bool) -> None:
    if (learner is None) != (tag is None):
        raise click.UsageError("")
    current = session()
    url = current.settings.resolved_ledger_url
    if not url.startswith(POSTGRES):
        raise RolesNeedServer
    current.ledger  # noqa: B018  (makes the tables, or brings them up to date)
    from ppkit.class_service.roster_places import RosterDatabase
    from ppkit.spending.ledger.postgres.row_policies import add_learner, make_roles  # lazy: the extra
    from ppkit.spending.ledger.postgres.server_address import PostgresAddress

    address = PostgresAddress.of(url)
    with closing(RosterDatabase(address)) as roster:
        roster.make_tables()  # gateways make none, and may use those that are there
    made = make_roles(address)
    told: dict[str, object] = {
        "gateways": made.gateways,
        "learners": made.learners,
        "turn_is_protected": made.turn_is_protected,
    }
    login = None if learner is None or tag is None else add_learner(address, learner, tag)
    if login is not None:
        told |= {"login": login.name, "tag": login.tag, "password": login.password}
    if as_json:
        print_json(told)
        return
    click.echo(texts("cli.ledger.roles", gateways=made.gateways, learners=made.learners))
    if not made.turn_is_protected:
        click.echo(texts("cli.ledger.turn"))
    if login is not None:
        click.echo(texts("cli.ledger.login", login=login.name, tag=login.tag, password=login.password))


def _address_of(settings: Settings) -> Callable[[str], str]:
    """Reads an address as it is typed. Raises PasswordInArgument."""

    def address(given: str) -> str:
        if given == SETTING:
            return settings.resolved_ledger_url
        if _PASSWORD.search(given):
            raise PasswordInArgument
        return settings.full_ledger_url(given)

    return address

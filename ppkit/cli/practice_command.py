"""`ppkit practice`: the practice platform from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from ppkit.cli.command import Group, NotTogether, json_option, one_of
from ppkit.cli.output import complain_of, print_json
from ppkit.cli.standard_output import AnswerNotWritten, require_a_reader
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.process import ensure_running, require_packages
from ppkit.practice_platform.remote import Control
from ppkit.settings import load_settings, make_home

KEPT = ("ledger", "limits", "progress")  # what a reset leaves on this side of the wire
LIFT = "ppkit limits --hard none"
MOST_DAYS = 36_524  # the practice clock moves by less than a century

command = Group("practice", help="cli.help.practice")


def control() -> Control:
    """The control room of the running platform, which is started when there is none."""
    settings = load_settings()
    make_home(settings)
    return Control(ensure_running(settings.home))


@command.command("serve", help="cli.help.practice.serve")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="cli.practice.option.port")
def serve_here(port: int) -> None:
    require_packages()
    from ppkit.practice_platform.server import (
        serve,  # lazy: the web server, which the other commands do not need
    )

    settings = load_settings()
    make_home(settings)
    serve(settings.home, port, on_ready=_announce)


def _announce(address: Address) -> None:
    line = {"base_url": address.base_url, "console_url": address.console_url, "pid": address.pid}
    click.echo(json.dumps(line))


@command.command("key", help="cli.help.practice.key")
@click.option("--name", required=True, help="cli.practice.option.name")
@click.option("--credit", default="5.00", help="cli.practice.option.credit")
@click.option(
    "--permissions",
    type=one_of("all", "restricted", "read_only"),
    default="all",
    help="cli.practice.option.permissions",
)
@json_option()
@click.pass_obj
def new_key(texts: Texts, name: str, credit: str, permissions: str, as_json: bool) -> None:
    require_a_reader()
    _show_once(control().post("key", name=name, credit=credit, permissions=permissions), texts, as_json)


@command.command("admin-key", help="cli.help.practice.admin-key")
@json_option()
@click.pass_obj
def new_admin_key(texts: Texts, as_json: bool) -> None:
    require_a_reader()
    _show_once(control().post("admin-key"), texts, as_json)


def _show_once(made: dict[str, Any], texts: Texts, as_json: bool) -> None:
    """Print a new key; where that fails, say that there is one now which cannot be seen any more."""
    try:
        print_json(made) if as_json else click.echo(made["key"])
    except (BrokenPipeError, AnswerNotWritten):
        complain_of("cli.practice.key_lost", texts, key=made["redacted"])
        raise


clock = Group("clock", help="cli.help.practice.clock")
command.add_command(clock)


@clock.command("show", help="cli.help.practice.clock.show")
@json_option()
@click.pass_obj
def show_clock(texts: Texts, as_json: bool) -> None:
    _tell_clock(control().get("clock"), texts, as_json)


@clock.command("advance", help="cli.help.practice.clock.advance")
@click.option("--days", type=click.IntRange(0, MOST_DAYS), default=0, help="cli.practice.option.days")
@click.option("--hours", type=click.IntRange(0, MOST_DAYS * 24), default=0, help="cli.practice.option.hours")
@click.option("--next-month", is_flag=True, help="cli.practice.option.next_month")
@json_option()
@click.pass_obj
def advance_clock(texts: Texts, days: int, hours: int, next_month: bool, as_json: bool) -> None:
    if not (days or hours or next_month):
        raise click.UsageError("")
    if next_month and (days or hours):
        raise NotTogether("--next-month", "--days" if days else "--hours")
    step = {"to": "next_month"} if next_month else {"days": days, "hours": hours}
    _tell_clock(control().post("clock", **step), texts, as_json)


def _tell_clock(told: dict[str, object], texts: Texts, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    now = datetime.fromisoformat(str(told["now"]))
    click.echo(texts("cli.practice.clock", date=formats.date(now, texts.language), time=formats.time(now)))


@command.command("inbox", help="cli.help.practice.inbox")
@json_option()
@click.pass_obj
def inbox(texts: Texts, as_json: bool) -> None:
    mails = control().get("inbox")["mails"]
    if as_json:
        print_json(mails)
        return
    for mail in mails:
        sent = datetime.fromisoformat(mail["created_at"])
        date, time = formats.date(sent, texts.language), formats.time(sent)
        click.echo(
            f"{date} {time}  {texts('console.mail.' + mail['kind'] + '.subject', **_amounts(mail, texts))}"
        )


def _amounts(mail: dict[str, Any], texts: Texts) -> dict[str, object]:
    """A mail's facts with its amounts written out, under the names that the sentences use."""
    return {
        name.removesuffix("_pico_usd"): formats.money(Money(value), texts.language)
        if name.endswith("_pico_usd")
        else value
        for name, value in mail["facts"].items()
    }


@command.command("fault", help="cli.help.practice.fault")
@click.argument("name", required=False)
@click.argument("switch", type=one_of("on", "off"), required=False)
@json_option()
@click.pass_obj
def fault(texts: Texts, name: str | None, switch: str | None, as_json: bool) -> None:
    if name and switch is None:
        raise click.UsageError("")
    room = control()
    told = room.post("faults", name=name, on=switch == "on") if name else room.get("faults")
    if as_json:
        print_json(told["faults"])
        return
    for one in told["faults"]:
        state = texts("cli.practice.on" if one["on"] else "cli.practice.off")
        click.echo(f"{one['name']:24}{state}")


@command.command("reset", help="cli.help.practice.reset")
@json_option()
@click.pass_obj
def reset(texts: Texts, as_json: bool) -> None:
    """The platform alone: entries of the ledger stay, and a notebook may have calls under way."""
    told = control().post("reset")
    if as_json:
        print_json({**told, "kept": KEPT})
        return
    live = load_settings().mode == "live"  # there the bare command would lift the limit on real money
    click.echo(texts("cli.practice.reset"))
    click.echo(texts("cli.practice.kept", command=f"PPKIT_MODE=practice {LIFT}" if live else LIFT))

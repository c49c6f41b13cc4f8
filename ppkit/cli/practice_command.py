"""`ppkit practice`: the practice platform from the command line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from ppkit.cli.command import Group, NotTogether, json_option, one_of
from ppkit.cli.key_input import is_typed
from ppkit.cli.output import CommandRefused, complain_of, print_json, problem_under
from ppkit.cli.standard_output import AnswerNotWritten, require_a_reader
from ppkit.current_session import practice
from ppkit.keys import DEFAULT_NAME, ApiKey
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.process import ensure_running, require_packages
from ppkit.practice_platform.remote import Control
from ppkit.practice_platform.rows import STAGES
from ppkit.settings import load_settings, make_home

KEPT = ("ledger", "limits", "progress")  # what a reset leaves on this side of the wire
LIFT = "ppkit limits --hard none"
NOT_CONFIRMED = 1
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


@command.command("prepare", help="cli.help.practice.prepare")
@click.option("--until", type=one_of(*STAGES), default="credit", help="cli.practice.option.until")
@click.option("--credit", default="5.00", help="cli.practice.option.credit")
@click.option("--project", default=None, help="cli.practice.option.project")
@json_option()
@click.pass_obj
def prepare_room(texts: Texts, until: str, credit: str, project: str | None, as_json: bool) -> None:
    """A key is saved where this computer's practice sessions find it, and never shown."""
    here = practice()
    # Where nothing may be saved, no key is made either.
    source = here.linking.saved.where() if until == "key" else None
    told = control().post("prepare", until=until, credit=credit, project=project or "", name=DEFAULT_NAME)
    secret = told.pop("key", None)
    told.pop("base_url", None)
    key = ApiKey(secret) if secret else None
    if key:
        source = here.link(key, store=True)
    if as_json:
        print_json({**told, "key": {"masked": key.masked, "source": source} if key else None})
        return
    amount = formats.money(Money(told["balance_pico_usd"]), texts.language)
    nothing = texts("cli.practice.prepared.none")
    click.echo(
        texts("cli.practice.prepared", card=told["card"] or nothing, balance=amount, project=told["project"])
    )
    if key:
        where = texts(f"keys.source.{source}")
        click.echo(texts("cli.key.saved", key=key.masked, name=DEFAULT_NAME, source=where))


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
    longest = max(len(one["name"]) for one in told["faults"])
    for one in told["faults"]:
        state = texts("cli.practice.on" if one["on"] else "cli.practice.off")
        click.echo(f"{one['name']:{longest}}  {state}")


@command.command("reset", help="cli.help.practice.reset")
@click.option("--progress", is_flag=True, help="cli.practice.option.progress")
@click.option("--yes", is_flag=True, help="cli.practice.option.yes")
@json_option()
@click.pass_obj
def reset(texts: Texts, progress: bool, yes: bool, as_json: bool) -> None:
    """The platform, and progress if asked: the ledger stays, and a notebook may have calls under way."""
    if progress and not yes:
        _confirm(texts)
    told = control().post("reset")
    kept = [part for part in KEPT if part != "progress" or not progress]
    if progress:
        practice().progress.clear()
    if as_json:
        print_json({**told, "kept": kept})
        return
    live = load_settings().mode == "live"  # there the bare command would lift the limit on real money
    click.echo(texts("cli.practice.reset_with_progress" if progress else "cli.practice.reset"))
    kept_text = "cli.practice.kept_without_progress" if progress else "cli.practice.kept"
    click.echo(texts(kept_text, command=f"PPKIT_MODE=practice {LIFT}" if live else LIFT))


def _confirm(texts: Texts) -> None:
    """Ask whoever sits at the terminal; a program has to say so. Raises CommandRefused."""
    word = "reset"
    typed = _asked(texts("cli.practice.reset.ask", word=word)) if is_typed() else ""
    if typed.strip().lower() != word:
        raise CommandRefused(problem_under("cli.practice.not_reset", "not_confirmed", texts), NOT_CONFIRMED)


def _asked(question: str) -> str:
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer

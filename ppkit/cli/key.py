"""`ppkit key`: keep a key in the owner-only file, list what is kept, forget it."""

from __future__ import annotations

import click

from ppkit.cli.command import Group, json_option
from ppkit.cli.output import print_json, table
from ppkit.cli.pasted import read_key
from ppkit.keys.store import DEFAULT_NAME
from ppkit.look.texts import Texts
from ppkit.session import session

NOT_SET = 1

command = Group("key", help="cli.help.key")


@command.command("set", help="cli.help.key.set")
@click.option("--name", default=DEFAULT_NAME, help="cli.key.option.name")
@click.pass_obj
def set_key(texts: Texts, name: str) -> int:
    current = session()
    key = read_key(texts, current.mode)
    if key is None:
        return NOT_SET
    current.key_store.save(key, name)
    click.echo(texts("cli.key.saved", key=key.masked, name=name))
    return 0


@command.command("list", help="cli.help.key.list")
@json_option()
@click.pass_obj
def list_keys(texts: Texts, as_json: bool) -> None:
    saved = session().key_store.list()
    if as_json:
        rows = [
            {"name": one.name, "key": one.masked, "kind": one.kind, "active": one.active} for one in saved
        ]
        print_json(rows)
    elif not saved:
        click.echo(texts("cli.key.none"))
    else:
        head = [texts("cli.key.column.name"), texts("cli.key.column.key"), ""]
        active = texts("cli.key.active")
        click.echo(table(head, [[one.name, one.masked, active if one.active else ""] for one in saved], 3))


@command.command("forget", help="cli.help.key.forget")
@click.option("--name", default=None, help="cli.key.option.forget_name")
@click.pass_obj
def forget_key(texts: Texts, name: str | None) -> int:
    current = session()
    forgotten = current.key_store.forget(name)
    click.echo(texts("cli.key.forgotten" if forgotten else "cli.key.nothing_to_forget"))
    still = current.chosen_key().active
    if still and still.key:
        source = texts(f"keys.source.{still.source.value}")
        click.echo(texts("cli.key.still_linked", key=still.key.masked, source=source))
    return 0 if forgotten else NOT_SET

"""`ppkit key`: keep a key, list what there is, switch, forget."""

from __future__ import annotations

import click

from ppkit.cli.command import Group, json_option, one_of
from ppkit.cli.key_input import read_key
from ppkit.cli.output import print_json, table
from ppkit.current_session import session
from ppkit.keys import DEFAULT_NAME, KeyChoice, KeyLine, Where
from ppkit.keys.chain_texts import describe_chain, describe_dotenv, passed_over
from ppkit.keys.key_store import checked_name
from ppkit.linking import Linking
from ppkit.look.texts import Texts
from ppkit.settings import dotenv_path

NOT_SET = 1

command = Group("key", help="cli.help.key")


@command.command("set", help="cli.help.key.set")
@click.option("--name", default=DEFAULT_NAME, help="cli.key.option.name")
@click.option("--where", type=one_of("keyring", "file"), default=None, help="cli.key.option.where")
@click.option("--set-aside", is_flag=True, help="cli.key.option.set_aside")
@json_option()
@click.pass_obj
def set_key(texts: Texts, name: str, where: Where | None, set_aside: bool, as_json: bool) -> int:
    current = session()
    name = checked_name(name)
    current.linking.saved.where(where)  # asked for nothing when nothing may be saved
    key = read_key(texts, current.mode, NOT_SET)
    if set_aside:
        for path in current.linking.saved.set_aside_damaged():
            click.echo(texts("cli.key.set_aside", path=path), err=True)
    source = current.linking.keep(key, name, where)
    if as_json:
        print_json({"name": name, "key": key.masked, "source": source.value})
    else:
        click.echo(texts("cli.key.saved", key=key.masked, name=name, source=texts(f"keys.source.{source}")))
    _tell_if_hidden(current.chosen_key(), source, texts)
    return 0


@command.command("list", help="cli.help.key.list")
@json_option()
@click.pass_obj
def list_keys(texts: Texts, as_json: bool) -> None:
    current = session()
    lines = current.keys()
    if as_json:
        print_json([_row(line) for line in lines])
        return
    shown = [line for line in lines if line.masked]
    if shown:
        head = [texts(f"cli.key.column.{column}") for column in ("name", "key", "source", "state")]
        click.echo(table(head, [_cells(line, texts) for line in shown], len(head)))
    else:
        click.echo(texts("cli.key.none"))
    for line in describe_dotenv(dotenv_path(), texts):
        click.echo(line, err=True)
    for refused in current.chosen_key().refused:
        click.echo(passed_over(refused, texts), err=True)


@command.command("use", help="cli.help.key.use")
@click.argument("name")
@json_option()
@click.pass_obj
def use_key(texts: Texts, name: str, as_json: bool) -> None:
    current = session()
    source = current.linking.switch_saved(name)
    chosen = current.chosen_key()
    if as_json:
        print_json(_rows(current.linking))
    elif not _tell_if_hidden(chosen, source, texts):
        click.echo("\n".join(describe_chain(chosen, texts)))


@command.command("forget", help="cli.help.key.forget")
@click.option("--name", default=None, help="cli.key.option.forget_name")
@json_option()
@click.pass_obj
def forget_key(texts: Texts, name: str | None, as_json: bool) -> int:
    current = session()
    forgotten = current.linking.forget_saved(name)
    if as_json:
        print_json({"forgotten": bool(forgotten), "keys": _rows(current.linking)})
        return 0 if forgotten else NOT_SET
    click.echo(texts("cli.key.forgotten" if forgotten else "cli.key.nothing_to_forget"))
    still = current.chosen_key().active
    if still:
        source = texts(f"keys.source.{still.source}")
        click.echo(texts("cli.key.still_linked", key=still.masked, source=source))
    return 0 if forgotten else NOT_SET


def _tell_if_hidden(chosen: KeyChoice, saved_in: str, texts: Texts) -> bool:
    """Whether another source's key counts before the one just saved or switched to; it is reported."""
    active = chosen.active
    if active is None or active.source == saved_in:
        return False
    source = texts(f"keys.source.{active.source}")
    click.echo(texts("cli.key.hidden_by", key=active.masked, source=source), err=True)
    return True


def _rows(linking: Linking) -> list[dict[str, object]]:
    return [_row(line) for line in linking.lines()]


def _row(line: KeyLine) -> dict[str, object]:
    found = line.found
    trouble = found.trouble.code if found and found.trouble else None
    return {
        "name": line.name,
        "key": line.masked,
        "kind": line.kind,
        "source": line.source.value,
        "active": line.state == "active",
        "state": line.state,
        "refused": trouble or (found.pasted.refusal if found else None),
    }


def _cells(line: KeyLine, texts: Texts) -> list[str]:
    source = texts(f"keys.source.{line.source}")
    return [line.name, line.masked or "", source, texts(f"cli.key.state.{line.state}")]

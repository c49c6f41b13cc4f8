"""`ppkit class export`, `forget` and `tidy`: what is kept of a learner.

Exit code 0: done; 1: somebody who is due could not be forgotten; 3: nothing was agreed to.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from ppkit.class_service.class_roster import lesson_in, roster_of
from ppkit.class_service.person_records import PersonRecords
from ppkit.cli.command import Command, json_option
from ppkit.cli.consent import agrees
from ppkit.cli.output import REFUSED, print_json
from ppkit.cli.paper_output import write_content
from ppkit.current_session import session
from ppkit.keys import presentable
from ppkit.look.texts import Texts

NOT_AGREED = 3
_FILE = click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
_NAME = click.argument("name", metavar="NAME")


@click.command("export", cls=Command, help="cli.help.class.export")
@_FILE
@_NAME
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="cli.persons.option.to")
@json_option()
@click.pass_obj
def export(texts: Texts, path: Path, name: str, to: Path | None, as_json: bool) -> None:
    found = _persons().export(lesson_in(session(), path).id, name)
    if to is not None:
        write_content(json.dumps(found, ensure_ascii=False, indent=1).encode(), to)
    if to is None or as_json:
        print_json(found)
    else:
        click.echo(texts("cli.handover.written", path=to))


@click.command("forget", cls=Command, help="cli.help.class.forget")
@_FILE
@_NAME
@click.option("--yes", is_flag=True, help="cli.persons.option.yes")
@json_option()
@click.pass_obj
def forget(texts: Texts, path: Path, name: str, yes: bool, as_json: bool) -> int:
    lesson = lesson_in(session(), path)
    agreed = yes or (not as_json and agrees(texts, "cli.persons.ask", "cli.persons.say_yes"))
    now_called = _persons().forget(lesson.id, name) if agreed else None
    if as_json:
        print_json({"lesson": lesson.id, "now_called": now_called, "done": agreed})
    elif now_called is not None:
        click.echo(texts("cli.persons.forgotten", learner=presentable(name), now_called=now_called))
    return 0 if agreed else NOT_AGREED


@click.command("tidy", cls=Command, help="cli.help.class.tidy")
@json_option()
@click.pass_obj
def tidy(texts: Texts, as_json: bool) -> int:
    found = _persons().forget_due()
    if as_json:
        print_json({"forgotten": found.forgotten, "left": found.left})
    else:
        click.echo(texts.plural("cli.persons.tidied", found.forgotten))
        if found.left:
            reasons = ", ".join(sorted({*found.left}))
            click.echo(texts.plural("cli.persons.left", len(found.left), reasons=reasons), err=True)
    return REFUSED if found.left else 0


def _persons() -> PersonRecords:
    current = session()
    return PersonRecords(roster_of(current), current.ledger)

"""`ppkit progress`: where the learner stands; facts out to a file or a trainer, and in again."""

from __future__ import annotations

from typing import IO

import click

from ppkit.cli.command import Group, json_option
from ppkit.cli.output import print_json
from ppkit.current_session import session
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.onboarding import StepView

command = Group("progress", help="cli.help.progress")


@command.command("show", help="cli.help.progress.show")
@json_option()
@click.pass_obj
def show(texts: Texts, as_json: bool) -> None:
    steps = session().wizard.steps
    if as_json:
        print_json([_row(step) for step in steps])
        return
    for step in steps:
        evidence = texts(f"common.evidence.{step.evidence.label}")
        since = f" ({formats.date(step.at, texts.language)})" if step.at else ""
        click.echo(f"{step.number}. {texts(f'setup.{step.name.value}.title')}: {evidence}{since}")


def _row(step: StepView) -> dict[str, object]:
    checks = [
        {
            "check": check.name,
            "evidence": check.evidence.label,
            "at": check.at.isoformat() if check.at else None,
        }
        for check in step.checks
    ]
    return {"step": step.name.value, "evidence": step.evidence.label, "checks": checks}


@command.command("export", help="cli.help.progress.export")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True), default="-")
def export(file: IO[str]) -> None:
    current = session()
    file.write(current.progress.export(current.mode))


@command.command("import", help="cli.help.progress.import")
# What is no text is no progress either; "replace" leaves it to the reader of the document to say so.
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.pass_obj
def import_file(texts: Texts, file: IO[str]) -> None:
    facts = session().course.take_export(file.read(), getattr(file, "name", "-"))
    click.echo(texts.plural("cli.progress.imported", len(facts.checks)))


@command.command("code", help="cli.help.progress.code")
@click.argument("code", default="")
@json_option()
@click.pass_obj
def code(texts: Texts, code: str, as_json: bool) -> None:
    """Without an argument our own; with one, another machine's is taken over first."""
    course = session().course
    if code:
        course.take_code(code)
    if as_json:
        print_json({"code": course.code})
    else:
        click.echo(texts("course.travel.taken") if code else course.code)

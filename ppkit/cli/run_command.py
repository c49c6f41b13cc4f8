"""`ppkit run`: any program, metered without being changed, with its own limits and a receipt."""

from __future__ import annotations

import atexit
import contextlib
import json
import sys
from dataclasses import dataclass

import click

from ppkit.cli.command import Command, json_option, one_of
from ppkit.cli.output import problem_of
from ppkit.cli.program_arguments import MODULE, split_at_program
from ppkit.current_session import enter, session
from ppkit.errors import PpkitError
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.runs import MeteredRun, Program, RunTerms, receipt_text, tags_in


class ProgramCommand(Command):
    """Takes its options before the program's name, and leaves whatever comes after it alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, program = split_at_program(args)
        return super().parse_args(ctx, [*own, "--", *program])


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """A program that is metered from now on and is still to be run, by whoever has left the command line."""

    program: Program
    metered: MeteredRun
    texts: Texts
    as_json: bool

    def run(self) -> None:
        """Run it as `python` would; raises what it raises.

        The receipt comes when the process ends: after the program's threads and its own `atexit` functions.
        """
        atexit.register(self.tell)
        self.program.run()

    def tell(self) -> None:
        """Write the receipt to standard error, as text or as one line of JSON."""
        if not self.metered.is_here:  # a fork of the program ends: the receipt is for its parent to write
            return
        try:
            receipt = self.metered.end()
            told = json.dumps(receipt.as_json()) if self.as_json else receipt_text(receipt, self.texts)
        except PpkitError as error:
            told = problem_of(error, self.texts).sentences
        with contextlib.suppress(
            OSError, ValueError, AttributeError
        ):  # it may be closed by now, or not there
            click.echo(told, file=sys.__stderr__)


@click.command("run", cls=ProgramCommand, help="cli.help.run")
@click.option("--hard", metavar="USD", help="cli.run.option.hard")
@click.option("--soft", metavar="USD", help="cli.run.option.soft")
@click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="cli.run.option.tag")
@click.option("--mode", type=one_of("practice", "live"), help="cli.run.option.mode")
@click.option("--allow-unpriced", is_flag=True, help="cli.run.option.allow_unpriced")
@click.option(MODULE, "is_module", is_flag=True, help="cli.run.option.module")
@json_option()
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="PROGRAM [ARGUMENT]...")
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts,
    program: tuple[str, ...],
    hard: str | None,
    soft: str | None,
    tags: tuple[str, ...],
    mode: Mode | None,
    allow_unpriced: bool,
    is_module: bool,
    as_json: bool,
) -> ProgramRun:
    chosen = Program(program[0], program[1:], is_module)
    chosen.check()
    terms = RunTerms(soft=soft, hard=hard, tags=tags_in(tags), allow_unpriced=allow_unpriced)
    metered = MeteredRun(enter(mode) if mode else session(), chosen.name, terms)
    metered.start()
    return ProgramRun(chosen, metered, texts, as_json)

"""A key handed to the command line: from standard input or a prompt without echo, never as an argument.

Arguments can be read by every user of the machine, and stay in the shell's history.
"""

from __future__ import annotations

import select
import sys

import click

from ppkit.cli.output import CommandRefused, problem_under
from ppkit.keys import ApiKey, PastedKey, parse_pasted_key
from ppkit.keys import PasteRefusal as ReasonToRefuse
from ppkit.keys.pasted_key import LONGEST_PASTE
from ppkit.look.texts import Texts
from ppkit.mode import Mode

PATIENCE_SECONDS = 2.0  # what is piped in begins sooner, unless somebody is asked for it first


def read_key(texts: Texts, mode: Mode, exit_code: int) -> ApiKey:
    """The key that was typed or piped in, its repairs told. Raises CommandRefused, with this exit code."""
    if is_typed():
        pasted = click.prompt(
            texts("cli.key.prompt"), hide_input=True, default="", show_default=False, err=True
        )
    else:
        pasted = piped()
    return accepted(parse_pasted_key(pasted, mode), texts, exit_code)


def is_typed() -> bool:
    """Whether a user sits at standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_silent() -> bool:
    """Whether standard input is open and brings nothing, as what a job runner hands on may do for ever.

    False where that cannot be asked, such as for a pipe on Windows.
    """
    if sys.stdin is None:
        return False
    try:
        ready, _, _ = select.select([sys.stdin], [], [], PATIENCE_SECONDS)
    except (OSError, ValueError):
        return False
    return not ready


def piped() -> str:
    """Standard input, as far as a key can reach; what is no text at all reads as no key, closed is empty."""
    if sys.stdin is None:
        return ""
    try:
        return sys.stdin.read(LONGEST_PASTE + 1)
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"


def accepted(read: PastedKey, texts: Texts, exit_code: int) -> ApiKey:
    """The key, its repairs and remarks told on standard error. Raises CommandRefused for what is no key."""
    for repair in read.repairs:
        click.echo(texts(f"keys.repair.{repair.kind.value}", **repair.facts), err=True)
    for remark in read.remarks:
        click.echo(texts(f"keys.remark.{remark.kind.value}", **remark.facts), err=True)
    if read.key is None:
        refusal = read.refusal or ReasonToRefuse.EMPTY
        problem = problem_under(f"keys.refusal.{refusal.value}", refusal.value, texts, **read.facts)
        raise CommandRefused(problem, exit_code)
    return read.key

"""`ppkit`: the commands by name, and what becomes of an error."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from ppkit.cli.command import Group, refuse_key_arguments, usage_problem
from ppkit.cli.language import texts_for
from ppkit.cli.output import complain
from ppkit.cli.standard_output import (
    AnswerNotWritten,
    ReaderGone,
    occupy_closed_descriptors,
    watched_streams,
)
from ppkit.errors import PpkitError
from ppkit.files import write_private
from ppkit.keys.guard import guard_process
from ppkit.keys.redaction import redact
from ppkit.look.texts import Texts
from ppkit.settings import default_home, load_settings

MISUSED = 2  # a wrong option, or something that a sentence explains
INTERRUPTED = 130
READER_GONE = 141  # what a shell says of a tool that SIGPIPE ended; 1 and 3 are answers of some commands
DETAILS = "last-error.txt"

group = Group(
    "ppkit",
    help="cli.help",
    modules={
        "start": "ppkit.cli.start",
        "check": "ppkit.cli.check",
        "usage": "ppkit.cli.usage",
        "limits": "ppkit.cli.limits",
        "scan": "ppkit.cli.scan",
        "key": "ppkit.cli.key",
        "practice": "ppkit.cli.practice",
        "progress": "ppkit.cli.progress",
        "class": "ppkit.cli.classroom",
    },
)


def main() -> None:
    """The console script."""
    occupy_closed_descriptors()
    guard_process()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; problems are sentences on standard error."""
    try:
        with watched_streams():
            return _answer(arguments, texts_for(arguments))
    except ReaderGone:  # it has what it wanted (`ppkit usage | head`)
        return READER_GONE
    except AnswerNotWritten:  # standard error takes nothing either
        return MISUSED


def _answer(arguments: Sequence[str], texts: Texts) -> int:
    try:
        refuse_key_arguments(arguments)
        code = group.main(list(arguments), prog_name="ppkit", obj=texts, standalone_mode=False)
        sys.stdout.flush()
    except PpkitError as error:
        return _explain(error, texts)
    except click.UsageError as error:
        help_line = texts("cli.misuse.help", command=error.ctx.command_path if error.ctx else "ppkit")
        click.echo(f"{usage_problem(error, texts)}\n{help_line}", err=True)
        return MISUSED
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ReaderGone:
        raise
    except Exception as error:  # never a traceback: it means nothing to the person and may quote a secret
        _confess(error, texts)
        return MISUSED
    return code if isinstance(code, int) else 0


def _explain(error: PpkitError, texts: Texts) -> int:
    try:
        complain(error, texts)
    except (ReaderGone, AnswerNotWritten):
        raise
    except Exception as failure:  # a sentence that cannot be shown must not hide that there was an error
        _confess(failure, texts)
    return MISUSED


def _confess(error: Exception, texts: Texts) -> None:
    """An error that nobody foresaw: say so, and keep its details, redacted, for a report."""
    path = _home_or_default() / DETAILS
    details = redact("".join(traceback.format_exception(error)))
    with contextlib.suppress(OSError):
        write_private(path, details.encode())
    click.echo(texts("cli.unforeseen", kind=type(error).__name__, path=path), err=True)


def _home_or_default() -> Path:
    try:
        return load_settings().home
    except PpkitError:
        return default_home()

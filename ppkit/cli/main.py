"""`ppkit`: the commands by name, and what becomes of an error."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ppkit.cli.command import Group, refuse_key_arguments, usage_problem
from ppkit.cli.language import texts_for
from ppkit.cli.output import CommandRefused, Problem, print_json, problem_of
from ppkit.cli.standard_output import AnswerNotWritten, occupy_closed_descriptors, watched_streams
from ppkit.errors import PpkitError
from ppkit.files import write_private
from ppkit.keys.process_guard import guard_process
from ppkit.keys.redaction import redact
from ppkit.look.texts import Texts
from ppkit.settings import default_home, load_settings

MISUSED = 2  # a wrong option, or something that a sentence explains
INTERRUPTED = 130
READER_GONE = 141  # what a shell says of a tool that SIGPIPE ended; 1 and 3 are answers of some commands
DETAILS = "last-error.txt"
JSON = "--json"

group = Group(
    "ppkit",
    help="cli.help",
    modules={
        "start": "ppkit.cli.start_command",
        "check": "ppkit.cli.check_command",
        "usage": "ppkit.cli.usage_command",
        "limits": "ppkit.cli.limits_command",
        "platform": "ppkit.cli.platform_command",
        "ledger": "ppkit.cli.ledger_command",
        "drafts": "ppkit.cli.drafts_command",
        "batch": "ppkit.cli.batch_command",
        "scan": "ppkit.cli.scan_command",
        "key": "ppkit.cli.key_command",
        "practice": "ppkit.cli.practice_command",
        "progress": "ppkit.cli.progress_command",
        "handover": "ppkit.cli.handover_command",
        "class": "ppkit.cli.classroom_command",
    },
)


def main() -> None:
    """The console script."""
    occupy_closed_descriptors()
    guard_process()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; problems are sentences on standard error.

    With `--json` they are one document on standard output, as the answer would be.
    """
    try:
        with watched_streams():
            return _answer(arguments, texts_for(arguments))
    except (BrokenPipeError, SystemExit):  # click ends so when the reader has what it wanted (`… | head`)
        return READER_GONE
    except AnswerNotWritten:  # standard error takes nothing either
        return MISUSED


def _answer(arguments: Sequence[str], texts: Texts) -> int:
    as_json = any(argument.partition("=")[0] == JSON for argument in arguments)
    try:
        refuse_key_arguments(arguments)
        asked: dict[str, Any] = {"prog_name": "ppkit", "obj": texts, "as_json": as_json}
        code = group.main(list(arguments), standalone_mode=False, **asked)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        return _interrupted(texts, as_json=as_json)
    except BrokenPipeError:
        raise
    except Exception as error:  # never a traceback: it means nothing to the user and may quote a secret
        problem, code = _problem_of(error, texts)
        _tell(problem, as_json=as_json)
        return code
    return code if isinstance(code, int) else 0


def _problem_of(error: Exception, texts: Texts) -> tuple[Problem, int]:
    """What is reported of an error, and the exit code."""
    try:
        match error:
            case CommandRefused():
                return error.problem, error.exit_code
            case PpkitError():
                return problem_of(error, texts), MISUSED
            case click.UsageError():
                command = error.ctx.command_path if error.ctx else "ppkit"
                help_line = texts("cli.misuse.help", command=command)
                facts = {"command": command}
                return Problem("misuse", usage_problem(error, texts), "", help_line, facts), MISUSED
    except Exception as failure:  # a sentence that cannot be made must not hide that there was an error
        return _unforeseen(failure, texts), MISUSED
    return _unforeseen(error, texts), MISUSED


def _tell(problem: Problem, *, as_json: bool) -> None:
    """On standard error, or as the one document on standard output where a program reads it.

    What already stands there is the answer: nothing is put beside it.
    """
    if as_json and not getattr(sys.stdout, "written", False):
        print_json(problem.as_json())
        sys.stdout.flush()
    else:
        click.echo(problem.sentences, err=True)


def _interrupted(texts: Texts, *, as_json: bool) -> int:
    """A user who pressed Ctrl-C knows it; a program is informed."""
    if as_json:
        _tell(Problem("interrupted", texts("cli.interrupted")), as_json=True)
    return INTERRUPTED


def _unforeseen(error: Exception, texts: Texts) -> Problem:
    """An unforeseen error: say so, and keep its details, redacted, for a report."""
    path = _home_or_default() / DETAILS
    details = redact("".join(traceback.format_exception(error)))
    with contextlib.suppress(OSError):
        write_private(path, details.encode())
    facts: dict[str, object] = {"kind": type(error).__name__, "path": str(path)}
    what, why, now = texts("cli.unforeseen", **facts).split("\n")
    return Problem("unforeseen", what, why, now, facts)


def _home_or_default() -> Path:
    try:
        return load_settings().home
    except PpkitError:
        return default_home()

"""`ppkit run [our options] program [its arguments]`: what is ours, and what is the program's alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

COMMAND, MODULE = "run", "-m"
WITH_VALUE = ("--soft", "--hard", "--tag", "--mode", "--language")


class SplitArguments(NamedTuple):
    """`own`: the command's options, MODULE among them; `program`: its name, and what it is to be given."""

    own: list[str]
    program: list[str]


def split_at_program(arguments: Sequence[str]) -> SplitArguments:
    """As `python` does: the first word that is no option is the program, and so is what follows `-m`."""
    place = 0
    while place < len(arguments):
        argument = arguments[place]
        if argument in {MODULE, "--"}:
            own = [*arguments[:place], *([MODULE] if argument == MODULE else [])]
            return SplitArguments(own, list(arguments[place + 1 :]))
        if not argument.startswith("-"):
            break
        place += 2 if argument in WITH_VALUE else 1
    return SplitArguments(list(arguments[:place]), list(arguments[place:]))


def own_arguments(arguments: Sequence[str]) -> list[str]:
    """What ppkit is to read of a command line: of `ppkit run`, the options and the program's name."""
    if list(arguments[:1]) != [COMMAND]:
        return list(arguments)
    own, program = split_at_program(arguments[1:])
    return [COMMAND, *own, *program[:1]]

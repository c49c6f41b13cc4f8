"""A cell that starts a program (`!…`) where Python is the only process: a sentence instead of an error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ppkit.footing import footing


def say_that_none_starts(shell: Any) -> None:
    """Make `!…` of this IPython say so, where there can be no other process; elsewhere leave it as it is."""
    if not footing().has_neighbours:
        shell.system, shell.getoutput = _say, _say_nothing_came


def _say(_command: str) -> None:
    # Lazy: `%load_ext ppkit` is in every kernel, and such a cell hardly anywhere.
    from ppkit.look.texts import Texts
    from ppkit.settings import language_in

    sys.stdout.write(Texts(language_in(Path.cwd()))("runs.no_programs") + "\n")


def _say_nothing_came(command: str, *_options: object, **_named: object) -> list[str]:
    _say(command)
    return []

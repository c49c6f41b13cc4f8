"""`%load_ext ppkit`: the guard against keys in what is shown and kept, and `%%ppkit`.

`ppkit start` loads it into every kernel, and so does the first window.
"""

from __future__ import annotations

from typing import Any

from IPython.core.getipython import get_ipython

from ppkit.widgets.cells import ipython_guard
from ppkit.widgets.cells.cell_magic import register_cell_magic
from ppkit.widgets.cells.cell_windows import watch_cells
from ppkit.widgets.cells.no_programs import say_that_none_starts


def load_ipython_extension(shell: Any) -> None:
    """IPython's hook. Twice is once."""
    ipython_guard.load_ipython_extension(shell)
    register_cell_magic(shell)
    watch_cells(shell)
    say_that_none_starts(shell)


def load_here() -> None:
    """Load the extension, where there is an IPython."""
    shell = get_ipython()
    if shell is not None:
        load_ipython_extension(shell)

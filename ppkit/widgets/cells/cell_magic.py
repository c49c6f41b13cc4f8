"""`%%ppkit`: a cell is metered, whoever made its clients and when; its receipt is shown below it.

The first line is turned into a call that begins the run, and IPython runs the rest of the cell as it would
have without it: with `await`, other magics and the value of the last line. The run ends with the cell.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from ppkit.errors import PpkitError

# What a run needs is imported when a cell asks for one: every kernel of `ppkit start` loads this module.
if TYPE_CHECKING:
    from ppkit.look.texts import Texts
    from ppkit.runs import MeteredRun

CELL_MARK, LINE_MARK = "%%ppkit", "%ppkit"


def register_cell_magic(shell: Any) -> None:
    """Make `%%ppkit` known to this IPython. Twice is once."""
    if CellMagic.__name__ in shell.magics_manager.registry:
        return
    shell.register_magics(CellMagic(shell))
    shell.input_transformers_cleanup.append(first_line_begins_run)


def first_line_begins_run(lines: list[str]) -> list[str]:
    """The lines of a cell, `%%ppkit` as a magic of its first line; with a cell magic below, as they are."""
    if not lines or lines[0].split(maxsplit=1)[:1] != [CELL_MARK]:
        return lines
    below = next((line for line in lines[1:] if line.strip()), "")
    if below.startswith("%%"):
        return lines
    return [LINE_MARK + lines[0][len(CELL_MARK) :], *lines[1:]]


@magics_class
class CellMagic(Magics):
    """Holds the run of the cell that is being run."""

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._run: MeteredRun | None = None
        self._number = 0
        self._cells_inside = 0  # cells that a cell runs: the run ends with the outer one
        shell.events.register("pre_run_cell", self._cell_is_numbered)
        shell.events.register("pre_execute", self._cell_begins)
        shell.events.register("post_execute", self._cell_ends)

    @line_cell_magic
    def ppkit(self, line: str, cell: str | None = None) -> None:
        """Meter this cell: %%ppkit [--hard USD] [--soft USD] [--tag NAME=VALUE]… [--allow-unpriced]

        Every call that a client of the openai package makes in this cell is reserved before it is sent and
        settled after, whoever made the client, and when. It is stopped by the limits of the cell and by all
        others. What it has cost stands below the cell. `%ppkit` inside a cell meters what follows.
        """
        from ppkit.current_session import session
        from ppkit.runs import MeteredRun
        from ppkit.runs.cell_line import terms_in

        self._end()
        try:
            name = _texts()("runs.cell", number=self._number)
            run = MeteredRun(session(), name, terms_in(line))
            run.start()
        except PpkitError as error:  # nothing of the cell is run unmetered
            raise UsageError(_sentences(error)) from None
        self._run = run
        if cell is not None:
            self.shell.run_cell(cell)

    def _cell_is_numbered(self, cell: Any) -> None:
        # A cell that is kept in the history has been counted already.
        self._number = self.shell.execution_count - bool(cell.store_history)

    def _cell_begins(self) -> None:
        if self._run is not None:
            self._cells_inside += 1

    def _cell_ends(self) -> None:
        if self._cells_inside:
            self._cells_inside -= 1
        else:
            self._end()

    def _end(self) -> None:
        """Show the receipt of the run, if there is one."""
        run = self._run
        self._run, self._cells_inside = None, 0
        if run is not None and run.is_here:
            from ppkit.widgets.cells.receipt_view import ReceiptView

            try:
                receipt = run.end()
            except PpkitError as error:  # an event of IPython's: raised, it would be a traceback of our code
                sys.stderr.write(_sentences(error) + "\n")
                return
            display(ReceiptView(receipt, _texts()))  # type: ignore[no-untyped-call]


def _sentences(error: PpkitError) -> str:
    from ppkit.checkup import diagnose, explain

    told = explain(diagnose(error), _texts())
    return " ".join(part for part in (told.what, told.why, told.now) if part)


def _texts() -> Texts:
    """In the language of the notebook."""
    from ppkit.look.texts import Texts
    from ppkit.settings import language_in

    return Texts(language_in(Path.cwd()))

"""Which windows each cell shows: when the cell is run again, they have had their time.

ipywidgets keeps every widget for the kernel's life. A window whose place in the page is taken would be
redrawn, and be in memory, for nothing. Windows of a deleted cell stay: a cell that was cut and pasted, or
whose deletion was undone, shows them still.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from IPython.core.getipython import get_ipython

from ppkit.widgets.base.view import View

_REGISTERED = "_ppkit_cell_windows"


class CellWindows:
    """Windows by the id of the cell that shows them; without such ids, nothing is known and all stay."""

    def __init__(self) -> None:
        self._shown: dict[str, WeakSet[View]] = {}

    def put(self, view: View, cell: str) -> None:
        self._shown.setdefault(cell, WeakSet()).add(view)

    def close(self, cell: str) -> None:
        """All that this cell has shown."""
        for view in self._shown.pop(cell, ()):
            view.close()


def watch_cells(shell: Any) -> None:
    """From now on, a cell that begins anew closes what it has shown. Twice is once."""
    if hasattr(shell, _REGISTERED):
        return
    windows = CellWindows()
    setattr(shell, _REGISTERED, windows)

    def begins(info: Any) -> None:
        windows.close(getattr(info, "cell_id", None) or _cell_of(shell))

    shell.events.register("pre_run_cell", begins)


def note_window(view: View) -> None:
    """It was opened by the cell that is running now, if one is."""
    shell = get_ipython()
    windows: CellWindows | None = getattr(shell, _REGISTERED, None)
    cell = _cell_of(shell) if windows else ""
    if windows and cell:
        windows.put(view, cell)


def _cell_of(shell: Any) -> str:
    """The cell that is running, as the page tells it; "" where it tells none."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    told = parent.get("metadata") if isinstance(parent, dict) else None
    return str(told.get("cellId") or "") if isinstance(told, dict) else ""

"""What the user's own cells have done, for a lesson whose code is there to be run and changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from ppkit.spending.ledger import Report

if TYPE_CHECKING:
    from ppkit.sessions import Session

TAG = "python"
"""The label that the lesson's calls carry, as `ppkit.tags(lesson="python")`."""
MONEY_COLUMN = "cost_pico_usd"


def shown_by_own_code(session: Session, result: object) -> list[str]:
    """The checks that a cell may have shown: `result` is the value that it ended with.

    A call is in the ledger, a stop was noted by the meter, a table is what the cell shows.
    """
    shown = []
    if session.ledger.report(where={"tag:lesson": TAG}).rows:
        shown.append("python.called")
    if _is_a_table_of_costs(result):
        shown.append("python.table")
    # By the limit of this lesson: the stop of the lesson about costs is remembered, too.
    if "ppkit.metering.meter" in sys.modules and f"tag:lesson={TAG}" in session.meter.stops:
        shown.append("python.stopped")
    return shown


def _is_a_table_of_costs(result: object) -> bool:
    """A report, or a table of pandas, plain or styled, that was made from one."""
    if isinstance(result, Report):
        return True
    if "pandas" not in sys.modules or type(result).__module__.partition(".")[0] != "pandas":
        return False
    columns = getattr(result, "columns", ())
    return MONEY_COLUMN in columns or "usd" in columns


def after_each_cell(look: Callable[[object], bool]) -> None:
    """Call `look` with the value of every cell that is run from now on, until it returns False."""
    shell: Any = get_ipython()
    if shell is None:
        return

    def ran(result: Any) -> None:
        if not look(result.result):
            shell.events.unregister("post_run_cell", ran)

    shell.events.register("post_run_cell", ran)

"""`python -m benchmarks.costs_paint [CALLS]`: how soon the costs window is drawn on a large ledger.

Writes its figures into docs/performance.md.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.books import LAST_MOMENT, fill
from benchmarks.growth import median_taken
from benchmarks.page import replace_part
from ppkit.clock import ManualClock
from ppkit.sessions import Session
from ppkit.settings import load_settings
from ppkit.widgets.base.view import View
from ppkit.widgets.costs.costs_window import CostsWindow

CALLS = 10_000_000
REPEATS = 5


def paint_rows(ledger: Path, folder: Path) -> list[str]:
    """What was drawn, in milliseconds; the first time in a kernel loads what drawing needs."""
    os.environ |= {"PPKIT_HOME": str(folder), "PPKIT_LEDGER_URL": f"sqlite:///{ledger}", "PPKIT_MODE": "live"}
    session = Session(load_settings(mode="live"), ManualClock(LAST_MOMENT))
    first = median_taken(lambda: CostsWindow(session).close(), 1)
    again = median_taken(lambda: CostsWindow(session).close(), REPEATS)
    gc.collect()  # closed windows go, which a click would redraw as well
    window = CostsWindow(session)
    rows = [("opened, for the first time in a kernel", first), ("opened again", again)]
    rows.append(("drawn anew", median_taken(window.redraw, REPEATS)))

    def pressed(action: str, **fields: str) -> Callable[[], None]:
        return lambda: View._on_message(
            window, window, {"action": action, "fields": fields, "id": str(time.monotonic_ns())}, None
        )

    for view in ("all", "calls", "other_models"):
        rows.append((f"the table “{view}”", median_taken(pressed("group", grouping=view), REPEATS)))
    pressed("group", grouping="day")()
    rows.append(("this year", median_taken(pressed("choose", range="year"), REPEATS)))
    own = pressed("choose", range="own", first="2024-12-01", last="2026-11-30")
    rows.append(("24 months", median_taken(own, REPEATS)))
    session.ledger.close()
    return [f"| {name} | {taken} |" for name, taken in rows]


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.costs_paint")
    parser.add_argument("calls", nargs="?", type=int, default=CALLS, help="in the ledger")
    parser.add_argument("--ledger", type=Path, help="one that is there already")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = asked.ledger
        if ledger is None:
            ledger = Path(folder) / "ledger.sqlite3"
            fill(ledger, asked.calls)
        rows = paint_rows(ledger, Path(folder) / "home")
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, a ledger of {asked.calls:,} calls, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end.",
        "",
        "| the costs window | ms of processor time (on the clock) |",
        "|---|---|",
        *rows,
    ]
    print("\n".join(lines))
    replace_part("costs window", "\n".join(lines))


if __name__ == "__main__":
    main()

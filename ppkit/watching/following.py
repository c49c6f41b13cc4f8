"""Looks at the ledger again and again, and shows it whenever it has changed."""

from __future__ import annotations

from collections.abc import Callable

from ppkit.sessions import Session
from ppkit.watching.ledger_snapshot import LAST_CALLS, LedgerSnapshot, snapshot_of

EVERY_SECONDS = 0.5
"""How often the ledger is asked whether it has changed: some fifty microseconds a time on SQLite."""

SWEEP_EVERY = 120
"""After so many looks, what killed processes held is made uncertain, as every new call would do."""


def follow(
    session: Session,
    show: Callable[[LedgerSnapshot], None],
    goes_on: Callable[[float], bool],
    *,
    last_calls: int = LAST_CALLS,
) -> None:
    """Show a snapshot at once, and a new one after every change and at midnight (UTC).

    `goes_on(seconds)` waits so long, and says whether to look again. Raises what the ledger raises.
    """
    shown: object = None
    looks = 0
    while True:
        if looks % SWEEP_EVERY == 0:
            session.ledger.expire()
        looks += 1
        now = session.ledger.change_mark(), session.clock.now().date()
        if now != shown:
            show(snapshot_of(session, last_calls))
            shown = now
        if not goes_on(EVERY_SECONDS):
            return

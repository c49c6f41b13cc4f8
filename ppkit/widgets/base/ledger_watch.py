"""Follows the ledger for a window: one quick question a second, and a redraw where the answer has changed."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from ppkit.beside import repeat_beside

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Window

EVERY_SECONDS = 1.0
RESTS = 5
"""Times as long as a redraw took is waited before the next one, so that a large ledger is no burden."""


class LedgerWatch:
    """`look` redraws where the ledger has changed since the last look, limits included, by whichever process.

    The window is held weakly: one that nobody holds any more is not kept alive, and not watched.
    """

    def __init__(self, window: Window, monotonic: Callable[[], float]) -> None:
        self._window = weakref.ref(window)
        self._monotonic = monotonic
        self._seen: object = None
        self._ended = threading.Event()

    def end(self) -> None:
        """Another window follows the ledger now: ipywidgets holds this one for the kernel's life."""
        self._ended.set()

    def look(self) -> float | None:
        """The seconds to wait before the next look; None where there is nothing to look for any more."""
        window = self._window()
        if self._ended.is_set() or window is None or window.comm is None:  # another follows, or it was closed
            return None
        session = window.session
        try:
            now = session.mode, session.clock.now().date(), session.ledger.change_mark()
        except Exception:  # a ledger out of reach is told by the window itself, when it is drawn
            return EVERY_SECONDS * RESTS
        known, self._seen = self._seen, now
        if known is None or known == now:
            return EVERY_SECONDS
        started = self._monotonic()
        window.redraw()
        return EVERY_SECONDS + RESTS * (self._monotonic() - started)

    def start(self) -> None:
        """Look again and again, beside the kernel's main thread."""
        repeat_beside(self.look, self._ended, "ppkit-ledger-watch")

"""A small thread that commits what was queued for later, when no caller comes along to do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LATEST_SECONDS = 0.05
LOOK_EVERY_SECONDS = LATEST_SECONDS / 2
ROUNDS_BEFORE_REST = 40


class Flusher:
    """Looks every 25 milliseconds, calls `flush` when something has lain there since the last look, and rests
    when there is nothing. `oldest` gives the work that has waited longest.

    It looks by itself instead of being woken for each piece of work: waking a thread costs the caller more
    than the work it hands over. What is fresh is left to the next caller, whose way it would only cross.
    """

    def __init__(self, oldest: Callable[[], object | None], flush: Callable[[], None]) -> None:
        self._oldest = oldest
        self._flush = flush
        self._call = threading.Event()
        self._awake = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        """There is work. To be called after it was queued."""
        if self._awake:
            return
        self._awake = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ppkit-ledger-flusher", daemon=True)
            self._thread.start()
        self._call.set()

    def close(self) -> None:
        self._closed = True
        self._call.set()

    def _run(self) -> None:
        while not self._closed:
            self._call.wait()
            self._call.clear()
            self._work_until_idle()
            self._awake = False
            if self._oldest() is not None:  # queued while this thread still looked awake
                self._awake = True
                self._call.set()

    def _work_until_idle(self) -> None:
        idle_rounds, seen = 0, None
        while idle_rounds < ROUNDS_BEFORE_REST and not self._closed:
            time.sleep(LOOK_EVERY_SECONDS)
            oldest = self._oldest()
            idle_rounds = 0 if oldest is not None else idle_rounds + 1
            if oldest is not None and oldest is seen:
                self._flush()
            seen = oldest

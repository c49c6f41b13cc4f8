"""A small thread that commits what was queued for later, when no caller comes along to do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LATEST_SECONDS = 0.05
ROUNDS_BEFORE_REST = 20


class Flusher:
    """Calls `flush` every 50 milliseconds while there is work, and rests otherwise.

    It looks by itself instead of being woken for each piece of work: waking a thread costs the caller more
    than the work it hands over.
    """

    def __init__(self, has_work: Callable[[], bool], flush: Callable[[], None]) -> None:
        self._has_work = has_work
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
            if self._has_work():  # queued while this thread still looked awake
                self._awake = True
                self._call.set()

    def _work_until_idle(self) -> None:
        idle_rounds = 0
        while idle_rounds < ROUNDS_BEFORE_REST and not self._closed:
            time.sleep(LATEST_SECONDS)
            idle_rounds = 0 if self._has_work() else idle_rounds + 1
            self._flush()

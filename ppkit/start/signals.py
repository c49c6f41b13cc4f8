"""Being asked to stop: Ctrl-C, a closed terminal, a polite kill. All of them end in the same orderly way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# SIGINT too: a shell that starts a program in the background has it ignored, and Python leaves it so.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """An event that is set as soon as somebody asks this process to stop; the old handlers come back after.

    Handlers that only set an event cannot interrupt the ending itself, however often Ctrl-C is pressed.
    """
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

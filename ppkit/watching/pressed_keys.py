"""Keys as they are pressed, where standard input is a terminal: without Enter, and without being shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

QUIT = frozenset("qQ\x03\x1b")


class PressedKeys:
    """`goes_on(seconds)` waits so long for a key, and is False once the user wants to leave."""

    def goes_on(self, seconds: float) -> bool:
        key = _key_within(seconds)
        return key not in QUIT


@contextmanager
def pressed_keys() -> Iterator[PressedKeys]:
    """Inside, the terminal passes keys on one by one; afterwards it is as it was. Ctrl-C still interrupts."""
    if sys.platform == "win32":
        yield PressedKeys()
        return
    import termios
    import tty

    before: Any = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield PressedKeys()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _key_within(seconds: float) -> str:
    """The key that was pressed; empty when none was."""
    if sys.platform == "win32":
        import msvcrt
        import time

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if msvcrt.kbhit():
                return msvcrt.getwch()
            time.sleep(0.02)
        return ""
    import select

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.read(1) or "q" if ready else ""

"""The end of the practice platform that `ppkit start` brought up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from ppkit.clock import Clock
from ppkit.practice.address import find_running

STOP_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05


def end_practice(home: Path, clock: Clock) -> None:
    """Ask the practice process of this data folder to end, and wait until it has; nothing when there is none.

    What it holds is in its database: a later start finds everything again.
    """
    address = find_running(home)
    if address is None:
        return
    # Only a process that has just answered with the port file's own token is signalled.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(address.pid, signal.SIGTERM)
    deadline = clock.monotonic() + STOP_TIMEOUT_SECONDS
    while _is_running(address.pid) and clock.monotonic() < deadline:
        clock.sleep(POLL_SECONDS)


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        return False  # there it has been ended already, not asked
    # Our own child stays in the list of processes until somebody takes its exit code.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

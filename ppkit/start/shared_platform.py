"""The practice platform while `ppkit start` runs, beside others, and its end.

Every start holds a lock of its own as long as it runs; the last one that leaves ends the platform, unless it
ran before the first of them came. Joining and leaving go through one gate: who joins while the last one is
leaving waits, and starts a new platform instead of taking the address of the one that is dying.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from ppkit.clock import Clock
from ppkit.files import make_private_folder
from ppkit.lock import FileLock
from ppkit.practice_platform.address import find_running

STOP_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05
GATE_TIMEOUT_SECONDS = 3 * STOP_TIMEOUT_SECONDS


@contextlib.contextmanager
def shared_practice(home: Path, clock: Clock) -> Iterator[None]:
    """Count as a user of the practice platform of this data folder; the last user ends it."""
    folder = home / "start"
    make_private_folder(folder)
    mark = folder / "ends-practice"
    own = FileLock(own_file := folder / f"user-{os.getpid()}.lock")
    with _gate(folder):
        if not _others(folder, own_file):
            # What runs already belongs to somebody else; what a notebook starts later does not.
            mark.unlink(missing_ok=True) if find_running(home) else mark.touch(0o600)
        own.take()
    try:
        yield
    finally:
        with _gate(folder):
            own.release()
            own_file.unlink(missing_ok=True)
            if mark.exists() and not _others(folder, own_file):
                end_practice(home, clock)


@contextlib.contextmanager
def _gate(folder: Path) -> Iterator[None]:
    """One at a time. A process that holds it for too long does not keep others from starting and ending."""
    with FileLock(folder / "gate.lock") as lock:
        lock.wait(GATE_TIMEOUT_SECONDS)
        yield


def _others(folder: Path, own_file: Path) -> bool:
    """Whether another start is running; the files of those that were killed are cleared away."""
    for path in folder.glob("user-*.lock"):
        if path == own_file:
            continue
        with FileLock(path) as lock:
            if not lock.take():
                return True
        path.unlink(missing_ok=True)
    return False


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

"""The lock before the database: under many writers, processes pass one by one, in turn.

SQLite's own busy handler sleeps and tries again, so under many writers some wait for seconds while others
pass hundreds of times. A file lock wakes the process that waits. A process whom no other was in the way
needs neither: it asks SQLite without waiting, and comes here only when that was refused, and for a second
after.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ppkit.footing import footing
from ppkit.lock import lock_in_turn, try_lock, unlock

CONTENDED_SECONDS = 1.0
"""How long after the last process in the way this one still takes its turn."""


class ProcessLock:
    """An exclusive lock between processes. Threads of one process must not share it."""

    def __init__(self, path: Path) -> None:
        """Make or open the lock file. Raises OSError when that is not allowed."""
        self._file: int | None = None
        self.is_held = False
        self.was_contended = False
        """Whether another process was ever in the way: a lone one need ask no further."""
        self._contended_until = 0.0
        # On Windows SQLite's busy handler alone keeps writers apart, correctly if less fairly.
        if sys.platform != "win32" and footing().has_neighbours:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @property
    def is_contended(self) -> bool:
        """Whether another process was in the way a moment ago."""
        return self.was_contended and time.monotonic() < self._contended_until

    def note_contention(self) -> None:
        self.was_contended = True
        self._contended_until = time.monotonic() + CONTENDED_SECONDS

    def acquire(self) -> None:
        """Wait for this process's turn."""
        if self._file is None:
            return
        try:
            if not try_lock(self._file):
                self.note_contention()
                lock_in_turn(self._file)
            self.is_held = True
        except OSError:  # a file system without locks: as on Windows
            self.close()

    def release(self) -> None:
        """Let the next process pass; nothing happens where the lock was not taken."""
        if self.is_held and self._file is not None:
            self.is_held = False
            unlock(self._file)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self.is_held = False

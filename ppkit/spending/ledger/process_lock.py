"""The lock before the database: processes pass one by one, in turn.

SQLite's own busy handler sleeps and tries again, so under many writers some wait for seconds while others
pass hundreds of times. A file lock wakes who waits.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

try:
    import fcntl
except ImportError:  # Windows: SQLite's busy handler alone keeps writers apart, correctly if less fairly
    fcntl = None  # type: ignore[assignment]


class ProcessLock:
    """An exclusive lock between processes, held by `with`. Threads of one process must not share it."""

    def __init__(self, path: Path) -> None:
        """Make or open the lock file. Raises OSError when that is not allowed."""
        self._file: int | None = None
        if fcntl is not None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        if self._file is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            except OSError:  # a file system without locks: as on Windows
                self.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

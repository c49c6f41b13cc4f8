"""A lock between processes that the operating system gives back when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Self

from ppkit.footing import footing

NO_DESCRIPTOR = -1
WRITER_SECONDS = 10.0  # writing a small file takes milliseconds; a process that holds its lock longer hangs

if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Whether the open file could be locked at once."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def lock_in_turn(_descriptor: int) -> None:
        """Lock the open file. Raises OSError: there is no queue for a lock here."""
        raise OSError

    def unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Whether the open file could be locked at once."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def lock_in_turn(descriptor: int) -> None:
        """Lock the open file; who waits is woken. Raises OSError on a file system without locks."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_held: set[Path] = set()
"""In the only process there is, the operating system's locks would keep nobody out."""


class FileLock:
    """Held from `take` to `release`, or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._is_alone = not footing().has_neighbours

    def take(self) -> bool:
        """Whether it could be had at once."""
        if self._is_alone:
            return self._take_alone()
        # Not inherited by children: a child that outlives us must not keep our lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(descriptor):
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def _take_alone(self) -> bool:
        if self._path in _held:
            return False
        self._path.touch(0o600)
        _held.add(self._path)
        self._descriptor = NO_DESCRIPTOR
        return True

    def wait(self, timeout_seconds: float) -> bool:
        """Whether it could be had in time."""
        deadline = time.monotonic() + timeout_seconds
        while not self.take():
            if self._is_alone or time.monotonic() > deadline:  # alone, nobody gives it back meanwhile
                return False
            time.sleep(0.02)
        return True

    def release(self) -> None:
        if self._descriptor is None:
            return
        if self._is_alone:
            _held.discard(self._path)
        else:
            os.close(self._descriptor)  # closing gives the lock back
        self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()


def lock_beside(path: Path) -> FileLock:
    """The lock of a small file, taken: only its holder reads, changes and writes the file; readers need none.

    Raises OSError, a TimeoutError when another holder does not give it back; the folder must be there.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    if not lock.wait(WRITER_SECONDS):
        raise TimeoutError(None, "locked")
    return lock

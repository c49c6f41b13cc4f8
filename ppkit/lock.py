"""A lock between processes that the operating system gives back when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Self

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


class FileLock:
    """Held from `take` to `release`, or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether it could be had at once."""
        # Not inherited by children: a child that outlives us must not keep our lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if try_lock(descriptor):
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def wait(self, timeout_seconds: float) -> bool:
        """Whether it could be had in time."""
        deadline = time.monotonic() + timeout_seconds
        while not self.take():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def release(self) -> None:
        if self._descriptor is not None:
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

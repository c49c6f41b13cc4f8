"""A small file that its owner alone can read: one writer at a time, never half-written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from ppkit.files import make_private_folder, remove_private, write_private
from ppkit.lock import lock_beside


class PrivateFile:
    """One file and what lies beside it; an OSError becomes `not_written(path=…, reason=…)`."""

    def __init__(self, path: Path, not_written: Callable[..., Exception]) -> None:
        self.path = path
        self._not_written = not_written

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone between reading and writing: no other notebook, thread or process changes it meanwhile."""
        with self._refusals():
            make_private_folder(self.path.parent)
            lock = lock_beside(self.path)
        with lock:
            yield

    def write(self, content: bytes, *, wipe_old: bool = False) -> None:
        """Replace the file, under the lock; a file that cannot be replaced is untouched."""
        with self._refusals():
            self._drop_remains()
            write_private(self.path, content, wipe_old=wipe_old)

    def remove(self, harmless: bytes) -> None:
        """No file, and nothing that a killed process left beside it; see `files.remove_private`."""
        with self._refusals():
            self._drop_remains()
            remove_private(self.path, harmless)

    def set_aside(self) -> Path:
        """Move a damaged file out of the way, untouched, and say where it is now."""
        with self._refusals():
            names = (f"{self.path.stem}.damaged-{number}{self.path.suffix}" for number in count(1))
            aside = next(free for name in names if not (free := self.path.with_name(name)).exists())
            return self.path.rename(aside)

    def remove_set_aside(self) -> bool:
        """Overwrite and unlink what was set aside; whether there was any."""
        aside = list(self.path.parent.glob(f"{self.path.stem}.damaged-*{self.path.suffix}"))
        with self._refusals():
            for damaged in aside:
                remove_private(damaged, b"")
        return bool(aside)

    def _drop_remains(self) -> None:
        """Half-written files of processes that were killed; we hold the lock, so none is being written."""
        target = self.path.resolve()
        for remains in target.parent.glob(f".{target.name}.*.tmp"):
            remove_private(remains, b"")

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise self._not_written(path=str(self.path), reason=reason) from None

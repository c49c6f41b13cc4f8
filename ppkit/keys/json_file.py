"""The small JSON files of the stores: owner-only, one writer at a time, never replaced when damaged."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from ppkit.errors import PpkitError
from ppkit.files import make_private_folder, remove_private, write_private
from ppkit.lock import lock_beside

LARGEST_FILE = 1_000_000  # bytes

T = TypeVar("T")


class KeyFileUnreadable(PpkitError):
    """The file of saved keys is damaged or may not be read; it is left as it is. Facts: path."""

    code = "key_file_unreadable"


class KeyFileNotWritten(PpkitError):
    """The key could not be saved; what was saved before is untouched. Facts: path, reason."""

    code = "key_file_not_written"


class JsonFile(Generic[T]):
    """One file. `parse` makes its content of the JSON, `unparse` the JSON of its content; `empty` is what no
    file means. For a damaged one `parse` raises PpkitError, ValueError, TypeError, KeyError, AttributeError.
    """

    def __init__(
        self,
        path: Path,
        parse: Callable[[dict[str, object]], T],
        unparse: Callable[[T], dict[str, object]],
        empty: T,
    ) -> None:
        self.path = path
        self._parse, self._unparse, self._empty = parse, unparse, empty

    def read(self) -> T:
        """Raises KeyFileUnreadable; the damaged file stays where it is."""
        found = self._try() or self._try()  # once more: it may have been wiped and replaced while it was read
        if found is None:
            raise KeyFileUnreadable(path=str(self.path))
        return found[0]

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone between reading and writing. Raises KeyFileNotWritten."""
        with self._told():
            make_private_folder(self.path.parent)
            lock = lock_beside(self.path)
        with lock:
            yield

    def write(self, content: T) -> None:
        """Replace the file and wipe what it held. Raises KeyFileNotWritten: the old file is untouched."""
        with self._told():
            self._drop_remains()
            write_private(self.path, self._encoded(content), wipe_old=True)

    def remove(self) -> None:
        """No file, and nothing that a killed process left beside it. Raises KeyFileNotWritten."""
        with self._told():
            self._drop_remains()
            remove_private(self.path, self._encoded(self._empty))

    def set_aside(self) -> Path | None:
        """Rename a damaged file out of the way; None when there is none. Raises KeyFileNotWritten."""
        with self.locked(), self._told():
            if self._try() is not None:
                return None
            aside = next(free for free in self._names_aside() if not free.exists())
            self.path.rename(aside)
            return aside

    def remove_set_aside(self) -> bool:
        """Wipe what was set aside: a damaged file can hold whole keys. Raises KeyFileNotWritten."""
        aside = list(self.path.parent.glob(f"{self.path.stem}.damaged-*{self.path.suffix}"))
        with self._told():
            for damaged in aside:
                remove_private(damaged, b"")
        return bool(aside)

    def _try(self) -> tuple[T] | None:
        # An error is not let out from here: a JSON error carries the document, which holds keys.
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST_FILE)
            return (self._parse(json.loads(content)),)
        except FileNotFoundError:
            return (self._empty,)
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, PpkitError):
            return None

    def _encoded(self, content: T) -> bytes:
        return json.dumps(self._unparse(content), ensure_ascii=False, indent=1).encode()

    def _drop_remains(self) -> None:
        """Half-written files of processes that were killed; we hold the lock, so nobody is writing one."""
        target = self.path.resolve()
        for remains in target.parent.glob(f".{target.name}.*.tmp"):
            remove_private(remains, b"")

    def _names_aside(self) -> Iterator[Path]:
        number = 1
        while True:
            yield self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")
            number += 1

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise KeyFileNotWritten(path=str(self.path), reason=reason) from None

"""The small JSON files of the key stores: never replaced when damaged, and wiped when they are replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Generic, TypeVar

from ppkit.errors import PpkitError
from ppkit.private_file import PrivateFile

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

    What writes raises KeyFileNotWritten.
    """

    def __init__(
        self,
        path: Path,
        parse: Callable[[dict[str, object]], T],
        unparse: Callable[[T], dict[str, object]],
        empty: T,
    ) -> None:
        self.path = path
        self._file = PrivateFile(path, KeyFileNotWritten)
        self._parse, self._unparse, self._empty = parse, unparse, empty

    def read(self) -> T:
        """Raises KeyFileUnreadable; the damaged file stays where it is."""
        found = self._try() or self._try()  # once more: it may have been wiped and replaced while it was read
        if found is None:
            raise KeyFileUnreadable(path=str(self.path))
        return found[0]

    def locked(self) -> AbstractContextManager[None]:
        """Alone between reading and writing."""
        return self._file.locked()

    def write(self, content: T) -> None:
        """Replace the file and wipe what it held."""
        self._file.write(self._encoded(content), wipe_old=True)

    def remove(self) -> None:
        """No file, and nothing that a killed process left beside it."""
        self._file.remove(self._encoded(self._empty))

    def set_aside(self) -> Path | None:
        """Rename a damaged file out of the way; None when there is none."""
        with self.locked():
            return self._file.set_aside() if self._try() is None else None

    def remove_set_aside(self) -> bool:
        """Wipe what was set aside: a damaged file can hold whole keys."""
        return self._file.remove_set_aside()

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

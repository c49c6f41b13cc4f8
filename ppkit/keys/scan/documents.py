"""One file, whatever it is: text, notebook, database, archive of such, or anything else."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ppkit.keys.finding import FoundKey, keys_in
from ppkit.keys.scan.archives import (
    BROKEN,
    DEEPEST,
    Budget,
    CannotLookInside,
    Chained,
    Unpack,
    needs_whole_file,
    unpacker,
)
from ppkit.keys.scan.databases import MAGIC, keys_in_database
from ppkit.keys.scan.leaks import Leak, Part, Place, Reason, Unread
from ppkit.keys.scan.notebooks import SUFFIX, keys_in_notebook, parse_notebook
from ppkit.keys.scan.texts import HEAD, Stream, keys_in_stream

LARGEST_IN_MEMORY = 64 * 1024 * 1024  # bytes of a notebook, or of a zip inside of something else


class Stopped(Exception):
    """The person did not want to wait any longer; `path` is what would have come next."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class Reader:
    """Reads documents one after the other, and remembers what it could not look into.

    `cancelled` is looked at before each of them, those in archives too: what reads then raises Stopped.
    """

    def __init__(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.unread: list[Unread] = []
        self._cancelled = cancelled

    def file(self, path: Path) -> Iterator[Leak]:
        """Every key in this file, and in what is packed in it."""
        self._go_on(str(path))
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
                file.seek(0)
                if head.startswith(MAGIC):
                    yield from _once(self._database(path, file), str(path))
                else:
                    yield from self._document(str(path), file, head, Budget(), depth=0)
        except OSError:
            self.unread.append(Unread(str(path), Reason.UNREADABLE))

    def stream(self, path: str, stream: Stream) -> Iterator[Leak]:
        """The same for bytes that come from somewhere else."""
        yield from self._member(path, stream, Budget(), depth=0)

    def _go_on(self, path: str) -> None:
        if self._cancelled():
            raise Stopped(path)

    def _member(self, path: str, stream: Stream, budget: Budget, depth: int) -> Iterator[Leak]:
        self._go_on(path)
        head = stream.read(HEAD)
        while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
            head += more
        yield from self._document(path, Chained(head, stream), head, budget, depth)

    def _document(
        self, path: str, file: IO[bytes] | Chained, head: bytes, budget: Budget, depth: int
    ) -> Iterator[Leak]:
        unpack = unpacker(head)
        if unpack:
            yield from self._archive(path, file, unpack, budget, depth)
        elif path.endswith(SUFFIX):
            yield from _once(self._notebook(file), path)
        else:
            yield from _once(keys_in_stream(file), path)

    def _archive(
        self, path: str, file: IO[bytes] | Chained, unpack: Unpack, budget: Budget, depth: int
    ) -> Iterator[Leak]:
        try:
            if depth == DEEPEST:
                raise CannotLookInside(Reason.TOO_DEEP)
            if needs_whole_file(unpack) and isinstance(file, Chained):
                file = io.BytesIO(_whole(file))
            for name, member in unpack(file, budget):
                inside = f"{path}!{name}" if name else path
                for found in keys_in(name):
                    yield Leak.of(found, inside.replace(found.value, found.masked), Place(Part.NAME))
                if isinstance(member, Reason):
                    self.unread.append(Unread(inside, member))
                else:
                    yield from self._member(inside, member, budget, depth + 1)
        except CannotLookInside as closed:
            self.unread.append(Unread(path, closed.reason))
        except BROKEN:
            self.unread.append(Unread(path, Reason.DAMAGED))

    def _database(self, path: Path, file: IO[bytes]) -> Iterator[tuple[Place, FoundKey]]:
        try:
            yield from keys_in_database(path)
        except sqlite3.Error:
            self.unread.append(Unread(str(path), Reason.DAMAGED))
        yield from keys_in_stream(file)

    def _notebook(self, file: IO[bytes] | Chained) -> Iterator[tuple[Place, FoundKey]]:
        content = _at_most(file, LARGEST_IN_MEMORY + 1)
        notebook = parse_notebook(content) if len(content) <= LARGEST_IN_MEMORY else None
        yield from keys_in_notebook(notebook) if notebook else ()
        # Once more as text: what is no notebook after all, and what JSON hides (a name given twice).
        yield from keys_in_stream(Chained(content, file))


def _once(found: Iterator[tuple[Place, FoundKey]], path: str) -> Iterator[Leak]:
    """Each key once per place; what was found by cell or row, or a part of it, is no news in the bytes."""
    told: set[tuple[Place, str]] = set()
    whole: list[str] = []
    for place, key in found:
        in_bytes = place.part in (Part.LINE, Part.BYTE)
        if (place, key.fingerprint) in told or (in_bytes and any(key.value in one for one in whole)):
            continue
        told.add((place, key.fingerprint))
        if not in_bytes:
            whole.append(key.value)
        yield Leak.of(key, path, place)


def _whole(stream: Stream) -> bytes:
    """Raises CannotLookInside when it is too large for that."""
    content = _at_most(stream, LARGEST_IN_MEMORY + 1)
    if len(content) > LARGEST_IN_MEMORY:
        raise CannotLookInside(Reason.TOO_LARGE)
    return content


def _at_most(stream: Stream, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(min(size, 1024 * 1024))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

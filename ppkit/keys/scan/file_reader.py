"""One file, whatever it is: text, notebook, database, archive, document, or anything else."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ppkit.keys.key_search import FoundKey, keys_and_examples_in
from ppkit.keys.scan import databases, image_texts, mails, markup, pdfs
from ppkit.keys.scan.archives import (
    BROKEN,
    DEEPEST,
    ArchiveMember,
    CannotLookInside,
    Unpack,
    UnpackingBudget,
    has_archive_at_end,
    needs_whole_file,
    unpacker,
    zip_members,
)
from ppkit.keys.scan.byte_streams import HEAD, ByteStream, ChainedStream, WatchedStream, keys_in_stream
from ppkit.keys.scan.embedded import EmbeddedFile, EmbeddedText, Understand
from ppkit.keys.scan.leaks import Leak, LeakPlace, PlaceUnit, Reason, Unread, without_a_key
from ppkit.keys.scan.notebook_keys import SUFFIX, keys_in_notebook, parse_notebook
from ppkit.keys.scan.opaque_formats import closed_by_beginning, closed_by_end

LARGEST_IN_MEMORY = 64 * 1024 * 1024  # bytes of a document, or of a zip inside of something else
_UNREADABLE = (*BROKEN, sqlite3.Error, UnicodeError, TypeError, AttributeError)
Found = Iterator[tuple[LeakPlace, FoundKey]]


class ScanStopped(Exception):
    """The user did not want to wait any longer; `path` is what would have come next."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


@dataclass(frozen=True, slots=True)
class _FileContext:
    """Where a document is: its path, how deep in others, and how much may still be unpacked."""

    path: str
    budget: UnpackingBudget = field(default_factory=UnpackingBudget)
    depth: int = 0

    def inside(self, name: str) -> _FileContext:
        """Of a file in this one; compressed ones have no name of their own."""
        return _FileContext(f"{self.path}!{name}" if name else self.path, self.budget, self.depth + 1)


class FileReader:
    """Reads documents one after the other, and remembers what it could not look into.

    `cancelled` is looked at before each of them, those in archives too: what reads then raises ScanStopped.
    """

    def __init__(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.unread: list[Unread] = []
        self._cancelled = cancelled

    def file(self, path: Path) -> Iterator[Leak]:
        """Every key in this file, and in what is packed in it."""
        self._go_on(str(path))
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                head = file.read(HEAD)
                file.seek(0)
                yield from self._document(_FileContext(str(path)), file, head, on_disk=path)
                after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                self.not_read(str(path), Reason.CHANGED)
        except OSError:
            self.not_read(str(path), Reason.UNREADABLE)

    def stream(self, path: str, stream: ByteStream) -> Iterator[Leak]:
        """The same for bytes that come from somewhere else."""
        yield from self._member(_FileContext(path), stream)

    def name(self, shown: str, name: str, place: LeakPlace | None = None) -> Iterator[Leak]:
        """Every key in a name, or in another short text that belongs to a file; `shown` is where it is."""
        for found in keys_and_examples_in(name):
            yield Leak.of(found, shown, place or LeakPlace(PlaceUnit.NAME))

    def not_read(self, path: str, reason: Reason, what: str = "") -> None:
        """Remember it; the path may hold a key itself."""
        self.unread.append(Unread(without_a_key(path), reason, what))

    def _go_on(self, path: str) -> None:
        if self._cancelled():
            raise ScanStopped(path)

    def _member(self, where: _FileContext, stream: ByteStream) -> Iterator[Leak]:
        self._go_on(where.path)
        head = stream.read(HEAD)
        while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
            head += more
        yield from self._document(where, ChainedStream(head, stream), head)

    def _document(
        self, where: _FileContext, file: IO[bytes] | ChainedStream, head: bytes, on_disk: Path | None = None
    ) -> Iterator[Leak]:
        if unpack := unpacker(head):
            yield from self._archive(where, file, unpack)
        elif on_disk and head.startswith(databases.MAGIC):
            yield from self._understood(where, file, lambda _: databases.values_in_database(on_disk), b"")
        elif understand := _reader_of(head):
            yield from self._understood(where, file, understand, _at_most(file, LARGEST_IN_MEMORY + 1))
        elif where.path.endswith(SUFFIX) or _may_be_notebook(head):
            yield from self._within_bounds(where, _ReportedKeys(where).new(self._notebook(file)))
        elif on_disk and isinstance(file, io.BufferedReader) and has_archive_at_end(file):
            yield from self._archive(where, file, zip_members)
        else:
            yield from self._bytes(where, file, head)

    def _bytes(self, where: _FileContext, file: IO[bytes] | ChainedStream, head: bytes) -> Iterator[Leak]:
        """What has no form of its own, and what we cannot open: then it is reported."""
        watched = WatchedStream(file)
        yield from self._within_bounds(where, _ReportedKeys(where).new(keys_in_stream(watched)))
        if closed := closed_by_beginning(head) or closed_by_end(watched.tail):
            self.not_read(where.path, closed.reason, closed.name)

    def _within_bounds(self, where: _FileContext, leaks: Iterator[Leak]) -> Iterator[Leak]:
        """What was found, until it was too much. In another file, the bounds are that one's."""
        try:
            yield from leaks
        except CannotLookInside as closed:
            if where.depth:
                raise
            self.not_read(where.path, closed.reason)

    def _archive(
        self, where: _FileContext, file: IO[bytes] | ChainedStream, unpack: Unpack
    ) -> Iterator[Leak]:
        """What is packed in it, and its bytes as they are, for what stands between and behind."""
        told = _ReportedKeys(where)
        try:
            if where.depth == DEEPEST:
                raise CannotLookInside(Reason.TOO_DEEP)
            if needs_whole_file(unpack) and isinstance(file, ChainedStream):
                file = io.BytesIO(_whole(file))
            for member in unpack(file, where.budget):
                inside = where.inside(member.name)
                # A tar may say one of them for all of its members.
                where.budget.spend(len(member.name) + sum(map(len, member.notes)))
                yield from told.remembered(self._names_of(inside.path, member))
                if isinstance(member.content, Reason):
                    self.not_read(inside.path, member.content, "zip")
                elif member.content:
                    # In a zip, a damaged member says nothing of the next one.
                    part = self._part if needs_whole_file(unpack) else self._member
                    yield from told.remembered(part(inside, member.content))
        except CannotLookInside as closed:
            self.not_read(where.path, closed.reason)
        except BROKEN:
            self.not_read(where.path, Reason.DAMAGED)
        if not isinstance(file, ChainedStream):
            file.seek(0)
            yield from self._within_bounds(where, told.new(keys_in_stream(file)))

    def _part(self, where: _FileContext, content: ByteStream) -> Iterator[Leak]:
        """A file in another of which the rest can be read when this one is damaged."""
        try:
            yield from self._member(where, content)
        except BROKEN:
            self.not_read(where.path, Reason.DAMAGED)

    def _names_of(self, inside: str, member: ArchiveMember) -> Iterator[Leak]:
        yield from self.name(inside, member.name)
        for note in filter(None, member.notes):
            yield from self.name(inside, note, LeakPlace(PlaceUnit.COMMENT))

    def _understood(
        self, where: _FileContext, file: IO[bytes] | ChainedStream, understand: Understand, content: bytes
    ) -> Iterator[Leak]:
        """What a document means, then its bytes as they are: what is written twice, hidden or deleted."""
        told = _ReportedKeys(where)
        try:
            if len(content) > LARGEST_IN_MEMORY:
                raise CannotLookInside(Reason.TOO_LARGE)
            for inside in understand(content):
                if isinstance(inside, EmbeddedText):
                    where.budget.spend(len(inside.text))
                    yield from told.new((inside.place, found) for found in keys_and_examples_in(inside.text))
                else:
                    yield from told.remembered(self._file_in(where, inside))
        except CannotLookInside as closed:
            self.not_read(where.path, closed.reason, "PDF" if closed.reason is Reason.NO_LIBRARY else "")
        except _UNREADABLE:
            self.not_read(where.path, Reason.DAMAGED)
        yield from self._within_bounds(where, told.new(keys_in_stream(ChainedStream(content, file))))

    def _file_in(self, where: _FileContext, file: EmbeddedFile) -> Iterator[Leak]:
        if where.depth == DEEPEST:
            raise CannotLookInside(Reason.TOO_DEEP)
        where.budget.spend(len(file.content), members=1)
        inside = where.inside(file.name)
        yield from self.name(inside.path, file.name)
        yield from self._part(inside, io.BytesIO(file.content))

    def _notebook(self, file: IO[bytes] | ChainedStream) -> Found:
        content = _at_most(file, LARGEST_IN_MEMORY + 1)
        notebook = parse_notebook(content) if len(content) <= LARGEST_IN_MEMORY else None
        yield from keys_in_notebook(notebook) if notebook else ()
        # Once more as text: what is no notebook after all, and what JSON hides (a name given twice).
        yield from keys_in_stream(ChainedStream(content, file))


_READERS: tuple[tuple[Callable[[bytes], bool], Understand], ...] = (
    (lambda head: head.startswith(databases.MAGIC), databases.values_in_database),
    (lambda head: head.startswith(image_texts.PNG), image_texts.texts_of_png),
    (lambda head: head.startswith(image_texts.GIF), image_texts.texts_of_gif),
    (pdfs.is_pdf, pdfs.parts_of_pdf),
    (markup.is_rtf, markup.texts_of_rtf),
    (markup.is_markup, markup.texts_of_markup),
    (mails.is_mail, mails.parts_of_mail),
)


def _reader_of(head: bytes) -> Understand | None:
    """What understands a document that begins like this; None when it has no form, or one we cannot open."""
    return next((understand for begins, understand in _READERS if begins(head)), None)


def _may_be_notebook(head: bytes) -> bool:
    return head[:64].lstrip().startswith(b"{") and b'"cells"' in head


class _ReportedKeys:
    """Each key of a file once per place; what was found by cell or row, or a part of it, is no news in the
    bytes, and neither is what lies in a file of this file."""

    def __init__(self, where: _FileContext) -> None:
        self._where = where
        self._parts: set[str] = set()  # values that are one of the whole ones, or a part of it
        self._told: set[tuple[LeakPlace, str]] = set()
        self._whole: list[str] = []
        self._inside: set[str] = set()

    def new(self, found: Found) -> Iterator[Leak]:
        for place, key in found:
            in_bytes = place.part in (PlaceUnit.LINE, PlaceUnit.BYTE)
            if (place, key.fingerprint) in self._told or key.fingerprint in self._inside:
                continue
            if in_bytes and key.value in self._parts:
                continue
            if any(key.value in one and (in_bytes or key.value != one) for one in self._whole):
                self._parts.add(key.value)
                continue
            self._where.budget.spend(found=1)
            self._told.add((place, key.fingerprint))
            if not in_bytes:
                self._whole.append(key.value)
            yield Leak.of(key, self._where.path, place)

    def remembered(self, leaks: Iterator[Leak]) -> Iterator[Leak]:
        for leak in leaks:
            self._inside.add(leak.fingerprint)
            yield leak


def _whole(stream: ByteStream) -> bytes:
    """Raises CannotLookInside when it is too large for that."""
    content = _at_most(stream, LARGEST_IN_MEMORY + 1)
    if len(content) > LARGEST_IN_MEMORY:
        raise CannotLookInside(Reason.TOO_LARGE)
    return content


def _at_most(stream: ByteStream, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(min(size, 1024 * 1024))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

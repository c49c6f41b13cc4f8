"""What is inside archives and compressed files, unpacked a part at a time, never beyond a budget."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from ppkit.keys.scan.byte_streams import ByteStream, ChainedStream
from ppkit.keys.scan.leaks import Reason

DEEPEST = 6  # archives in archives; a tar.gz counts twice
MOST_UNPACKED = 1024 * 1024 * 1024  # bytes out of one file: a zip bomb ends here
MOST_MEMBERS = 100_000
MOST_FOUND = 5_000  # keys reported of one file: more are not read, and each costs a look at those before it
XZ_MEMORY = 128 * 1024 * 1024  # bytes of dictionary; `xz -9` needs 64 MiB
CHUNK = 64 * 1024

BROKEN = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,  # also NotImplementedError: a way of packing that Python does not know
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
"""What damaged or unknown archives raise."""


class CannotLookInside(Exception):
    """A member, or what follows in this archive, cannot be looked into."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason)


class UnpackingBudget:
    """How much may still come out of one file: bytes that are unpacked or decoded, members, keys."""

    def __init__(self, unpacked: int | None = None, members: int | None = None) -> None:
        self._bytes = MOST_UNPACKED if unpacked is None else unpacked
        self._members = MOST_MEMBERS if members is None else members
        self._found = MOST_FOUND

    def spend(self, size: int = 0, members: int = 0, found: int = 0) -> None:
        """Raises CannotLookInside when there is no more."""
        self._bytes -= size
        self._members -= members
        self._found -= found
        if self._bytes < 0 or self._members < 0 or self._found < 0:
            raise CannotLookInside(Reason.TOO_LARGE)


class BudgetedStream:
    """A stream that spends a budget as it is read."""

    def __init__(self, stream: ByteStream, budget: UnpackingBudget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int) -> bytes:
        part = self._stream.read(min(size, CHUNK))
        self._budget.spend(len(part))
        return part


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """What an archive holds under a name: its bytes, to be read before the next member, or why it is closed.

    `notes` are other texts that are kept with it: a comment, where a link points to, who packed it.
    """

    name: str
    content: ByteStream | Reason | None = None
    notes: tuple[str, ...] = ()


Members = Iterator[ArchiveMember]
Unpack = Callable[[IO[bytes] | ChainedStream, UnpackingBudget], Members]


def unpacker(head: bytes) -> Unpack | None:
    """How to look inside a file that begins like this; None when it is no archive."""
    if head.startswith((b"PK\x03\x04", ZIP_END, b"PK\x07\x08PK\x03\x04")):
        return zip_members
    if _is_tar(head):
        return _tar
    for magic, unpack in (
        (b"\x1f\x8b\x08", _gzip),
        (b"BZh", _bz2),
        (b"\xfd7zXZ\0", _xz),
        (b"!<arch>\n", _ar),
    ):
        if head.startswith(magic):
            return unpack
    if _begins_packed(head, b"\x5d\0\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, XZ_MEMORY)):
        return _xz
    if head[:2] in _ZLIB and _begins_packed(head, head[:2], zlib.decompressobj):
        return _zlib
    return _zstd if head.startswith(ZSTD) and _zstd_of_python() else None


def needs_whole_file(unpack: Unpack) -> bool:
    """A zip is read from its end."""
    return unpack is zip_members


def has_archive_at_end(file: IO[bytes]) -> bool:
    """Whether a zip follows something else: a program that unpacks itself, a Python application."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - ZIP_END_WITHIN))
    is_there = ZIP_END in file.read()
    try:
        if is_there:
            with zipfile.ZipFile(file) as archive:
                return bool(archive.namelist())
    except BROKEN:
        pass
    finally:
        file.seek(0)
    return False


ZIP_END = b"PK\x05\x06"
ZIP_END_WITHIN = 66 * 1024  # bytes: the longest comment, and what a zip's list of contents ends with
ZSTD = b"\x28\xb5\x2f\xfd"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def _begins_packed(head: bytes, magic: bytes, unpacker: Callable[[], object]) -> bool:
    """Two or three bytes are no proof: bytes are packed only if they can be unpacked."""
    if not head.startswith(magic) or all(8 < sign < 127 for sign in head[:64]):
        return False
    try:
        return bool(unpacker().decompress(head, 1))  # type: ignore[attr-defined]
    except BROKEN:
        return False


def _is_tar(head: bytes) -> bool:
    if head[257:262] == b"ustar":
        return True
    checksum = head[148:154].strip(b" \0")
    if len(head) < 512 or not checksum or not checksum.isdigit() or not head[:1].strip(b"\0"):
        return False
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def zip_members(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    with zipfile.ZipFile(file) as archive:  # type: ignore[arg-type]
        yield ArchiveMember("", notes=(_latin(archive.comment),))
        for member in archive.infolist():
            budget.spend(members=1)
            notes = (_latin(member.comment), _latin(member.extra))
            if member.flag_bits & 1:
                yield ArchiveMember(member.filename, Reason.ENCRYPTED, notes)
                continue
            try:
                opened = archive.open(member)
            except NotImplementedError:
                yield ArchiveMember(member.filename, Reason.NOT_OPENED, notes)
            except BROKEN:
                yield ArchiveMember(member.filename, Reason.DAMAGED, notes)
            else:
                with opened:
                    content = (
                        None if member.is_dir() and not member.file_size else BudgetedStream(opened, budget)
                    )
                    yield ArchiveMember(member.filename, content, notes)


def _tar(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    # Several may follow each other in one file, with zeros between them.
    with tarfile.open(fileobj=file, mode="r|", ignore_zeros=True) as archive:  # type: ignore[call-overload]
        seen = False
        for member in archive:
            budget.spend(members=1)
            archive.members.clear()  # it would remember each of them
            opened = archive.extractfile(member) if member.isreg() else None
            notes = (member.linkname, member.uname, member.gname, *map(str, member.pax_headers.values()))
            seen = True
            yield ArchiveMember(member.name, BudgetedStream(opened, budget) if opened else None, notes)
        if not seen:
            raise tarfile.ReadError


_AR_HEADER = 60


def _ar(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    """Debian packages and libraries."""
    file.read(8)
    while header := _exactly(file, _AR_HEADER):
        if len(header) < _AR_HEADER or header[58:] != b"`\n":
            raise EOFError
        budget.spend(members=1)
        size = int(header[48:58])
        if size < 0:
            raise ValueError
        content = _StreamSlice(file, size)
        yield ArchiveMember(_latin(header[:16]).rstrip(" /"), BudgetedStream(content, budget))
        content.drain()
        file.read(size % 2)


class _StreamSlice:
    """So many bytes of a stream."""

    def __init__(self, stream: IO[bytes] | ChainedStream, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int) -> bytes:
        part = self._stream.read(min(size, self._left))
        if not part and self._left and size:
            raise EOFError
        self._left -= len(part)
        return part

    def drain(self) -> None:
        while self.read(CHUNK):
            pass


def _gzip(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    yield ArchiveMember("", BudgetedStream(gzip.GzipFile(fileobj=file), budget))  # type: ignore[arg-type]


def _bz2(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    yield ArchiveMember("", BudgetedStream(bz2.BZ2File(file), budget))  # type: ignore[arg-type]


def _xz(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    yield ArchiveMember(
        "", BudgetedStream(_Unpacked(file, lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY)), budget)
    )


def _zlib(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    """Git's objects, joblib's pickles."""
    yield ArchiveMember("", BudgetedStream(_Zlib(file), budget))


def _zstd(file: IO[bytes] | ChainedStream, budget: UnpackingBudget) -> Members:
    zstd = _zstd_of_python()
    if zstd is None:
        raise CannotLookInside(Reason.NOT_OPENED)
    yield ArchiveMember("", BudgetedStream(_Unpacked(file, zstd.ZstdDecompressor), budget))  # type: ignore[attr-defined]


def _zstd_of_python() -> object | None:
    """From Python 3.14 on."""
    try:
        return importlib.import_module("compression.zstd")
    except ImportError:
        return None


class _Unpacked:
    """Packed streams one after the other, as `lzma.LZMAFile` reads them, but with a decompressor of our own
    choice: one with a bound on the memory that a file may ask for."""

    def __init__(self, packed: ByteStream, new: Callable[[], object]) -> None:
        self._packed, self._new = packed, new
        self._unpack: lzma.LZMADecompressor = new()  # type: ignore[assignment]

    def read(self, size: int) -> bytes:
        while not self._unpack.eof:
            needed = self._packed.read(CHUNK) if self._unpack.needs_input else b""
            if self._unpack.needs_input and not needed:
                raise EOFError
            if part := self._unpack.decompress(needed, size):
                return part
        return self._next(size)

    def _next(self, size: int) -> bytes:
        """Files may hold several streams one after the other."""
        rest = self._unpack.unused_data or self._packed.read(CHUNK)
        rest = rest.lstrip(b"\0")
        if not rest:
            return b""
        self._packed = ChainedStream(rest, self._packed)
        self._unpack = self._new()  # type: ignore[assignment]
        return self.read(size)


class _Zlib:
    def __init__(self, packed: ByteStream) -> None:
        self._packed, self._unpack = packed, zlib.decompressobj()

    def read(self, size: int) -> bytes:
        while not self._unpack.eof:
            packed = self._unpack.unconsumed_tail or self._packed.read(CHUNK)
            if not packed:
                raise EOFError
            if part := self._unpack.decompress(packed, size):
                return part
        return b""


def _exactly(stream: IO[bytes] | ChainedStream, size: int) -> bytes:
    held = b""
    while len(held) < size and (part := stream.read(size - len(held))):
        held += part
    return held


def _latin(text: bytes) -> str:
    return text.decode("latin-1")

"""What is inside archives and compressed files, unpacked a part at a time, never beyond a budget."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from ppkit.keys.scan.leaks import Reason
from ppkit.keys.scan.texts import Stream

DEEPEST = 6  # archives in archives; a tar.gz counts twice
MOST_UNPACKED = 1024 * 1024 * 1024  # bytes out of one file: a zip bomb ends here
MOST_MEMBERS = 100_000
XZ_MEMORY = 128 * 1024 * 1024  # bytes of dictionary; `xz -9` needs 64 MiB
CHUNK = 64 * 1024

BROKEN = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,  # a way of packing that Python does not know
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


class Budget:
    """How much may still be unpacked out of one file."""

    def __init__(self, unpacked: int | None = None, members: int | None = None) -> None:
        self._bytes = MOST_UNPACKED if unpacked is None else unpacked
        self._members = MOST_MEMBERS if members is None else members

    def spend(self, size: int = 0, members: int = 0) -> None:
        """Raises CannotLookInside when there is no more."""
        self._bytes -= size
        self._members -= members
        if self._bytes < 0 or self._members < 0:
            raise CannotLookInside(Reason.TOO_LARGE)


class Limited:
    """A stream that spends a budget as it is read."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int) -> bytes:
        part = self._stream.read(min(size, CHUNK))
        self._budget.spend(len(part))
        return part


class Chained:
    """A stream of which some bytes were read already, and are read again."""

    def __init__(self, head: bytes, rest: Stream) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = CHUNK) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._rest.read(size)


Members = Iterator[tuple[str, Stream | Reason]]
Unpack = Callable[[IO[bytes] | Chained, Budget], Members]
"""A packed file -> each member's name, and its bytes, to be read before the next, or why it is closed."""


def unpacker(head: bytes) -> Unpack | None:
    """How to look inside a file that begins like this; None when it is no archive."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip
    if head[257:262] == b"ustar":
        return _tar
    for magic, unpack in ((b"\x1f\x8b\x08", _gzip), (b"BZh", _bz2), (b"\xfd7zXZ\0", _xz)):
        if head.startswith(magic):
            return unpack
    return None


def needs_whole_file(unpack: Unpack) -> bool:
    """A zip is read from its end."""
    return unpack is _zip


def _zip(file: IO[bytes] | Chained, budget: Budget) -> Members:
    with zipfile.ZipFile(file) as archive:  # type: ignore[arg-type]
        for member in archive.infolist():
            budget.spend(members=1)
            if member.flag_bits & 1:
                yield member.filename, Reason.ENCRYPTED
            elif not member.is_dir():
                with archive.open(member) as opened:
                    yield member.filename, Limited(opened, budget)


def _tar(file: IO[bytes] | Chained, budget: Budget) -> Members:
    with tarfile.open(fileobj=file, mode="r|") as archive:  # type: ignore[call-overload]
        for member in archive:
            budget.spend(members=1)
            archive.members.clear()  # it would remember each of them
            opened = archive.extractfile(member) if member.isreg() else None
            if opened:
                yield member.name, Limited(opened, budget)


def _gzip(file: IO[bytes] | Chained, budget: Budget) -> Members:
    yield "", Limited(gzip.GzipFile(fileobj=file), budget)  # type: ignore[arg-type]


def _bz2(file: IO[bytes] | Chained, budget: Budget) -> Members:
    yield "", Limited(bz2.BZ2File(file), budget)  # type: ignore[arg-type]


def _xz(file: IO[bytes] | Chained, budget: Budget) -> Members:
    yield "", Limited(_Xz(file), budget)


class _Xz:
    """`lzma.LZMAFile` with a bound on the memory that a file may ask for."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._unpack = lzma.LZMADecompressor(memlimit=XZ_MEMORY)

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
        self._packed = Chained(rest, self._packed)
        self._unpack = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        return self.read(size)

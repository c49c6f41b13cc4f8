"""Keys in a stream of bytes of any length, in memory for a few windows of it only."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Protocol

from ppkit.keys.key_search import BEFORE, OVERLAP, FoundKey, keys_and_examples_in
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit

WINDOW = 1024 * 1024  # bytes
HEAD = 36 * 1024  # bytes that show what a file is; the mark of a CD comes after 32 KiB
SAMPLE = 4096  # bytes of them that show the encoding of a text
TAIL = 512  # bytes that show by its end what a file is
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class ByteStream(Protocol):
    """Bytes that come one part after the other; shorter than asked for only at the end, or at any time."""

    def read(self, size: int, /) -> bytes: ...


class ChainedStream:
    """A stream of which some bytes were read already, and are read again."""

    def __init__(self, head: bytes, rest: ByteStream) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = WINDOW) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._rest.read(size)


class WatchedStream:
    """A stream that remembers how it ended."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.tail = b""

    def read(self, size: int) -> bytes:
        part = self._stream.read(size)
        if part:
            self.tail = (self.tail + part)[-TAIL:] if len(part) < TAIL else part[-TAIL:]
        return part


def keys_in_stream(stream: ByteStream, head: bytes = b"") -> Iterator[tuple[LeakPlace, FoundKey]]:
    """Every key, by line, or by byte where the stream is no text. `head` was read from it already.

    Raises what reading the stream raises.
    """
    head += _read(stream, HEAD - len(head))
    encoding = encoding_of(head[:SAMPLE])
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    is_binary = encoding == "latin-1" and b"\0" in head
    window, base, seen, line = decoder.decode(head), 0, 0, 1  # base, seen: places in the whole text
    chunk = head
    while chunk:
        chunk = _read(stream, WINDOW)
        window += decoder.decode(chunk, final=not chunk)
        # A key that begins before `end` can be recognised with what is in this window.
        end = max(seen - base, len(window) - (OVERLAP if chunk else 0))
        for found in keys_and_examples_in(window):
            if seen - base <= found.start < end:
                at = base + found.start + 1 if is_binary else line + window.count("\n", 0, found.start)
                yield LeakPlace(PlaceUnit.BYTE if is_binary else PlaceUnit.LINE, at), found
        seen, cut = base + end, max(0, end - BEFORE)
        line += window.count("\n", 0, cut)
        base, window = base + cut, window[cut:]


def encoding_of(head: bytes) -> str:
    """The encoding in which keys can be read. Bytes of an unknown one are taken one by one."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2], head[1::2]
    if odd and odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even and even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return "latin-1"


def _read(stream: ByteStream, size: int) -> bytes:
    """Exactly so many bytes, fewer only at the end."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

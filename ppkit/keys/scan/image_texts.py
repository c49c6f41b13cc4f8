"""Texts in pictures: what programs write beside the points. What the points show is not read."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from ppkit.keys.scan.archives import CannotLookInside
from ppkit.keys.scan.embedded import EmbeddedText, Inside
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit, Reason

PNG = b"\x89PNG\r\n\x1a\n"
GIF = (b"GIF87a", b"GIF89a")
MOST_TEXT = 16 * 1024 * 1024  # bytes in one note of a picture
_COMMENT = LeakPlace(PlaceUnit.COMMENT)
_GIF_COMMENT = b"\x21\xfe"


def texts_of_png(content: bytes) -> Iterator[Inside]:
    """Plain ones stand in the bytes; these are the packed ones."""
    place = len(PNG)
    while place < len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + size]
        if len(body) < size:
            raise EOFError
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            yield EmbeddedText(_COMMENT, _unpacked(kind, body))
        place += 12 + size
        if kind == b"IEND":
            return  # what follows stands in the bytes
    raise EOFError


def _unpacked(kind: bytes, body: bytes) -> str:
    name, _, rest = body.partition(b"\0")
    if kind == b"iTXt":
        is_packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    else:
        is_packed, rest = True, rest[1:]
    if is_packed:
        unpack = zlib.decompressobj()
        rest = unpack.decompress(rest, MOST_TEXT)
        if unpack.unconsumed_tail:
            raise CannotLookInside(Reason.TOO_LARGE)
    return f"{name.decode('latin-1')}\n{rest.decode('latin-1')}"


def texts_of_gif(content: bytes) -> Iterator[Inside]:
    """A comment is cut into pieces of 255 bytes, which the bytes alone would not show as one."""
    place = content.find(_GIF_COMMENT)
    while place >= 0:
        place, pieces, length = place + len(_GIF_COMMENT), list[bytes](), 0
        while place < len(content) and (size := content[place]):
            pieces.append(content[place + 1 : place + 1 + size])
            place += 1 + size
            length += size
            if length > MOST_TEXT:
                break
        yield EmbeddedText(_COMMENT, b"".join(pieces).decode("latin-1"))
        place = content.find(_GIF_COMMENT, place)

"""What a picture file says of itself in its bytes, read without any library."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

PNG_START = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 64_000_000
"""More than phones take. A file of a few bytes can say that it is larger, and unfold beyond all memory."""
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a JPEG that a size follows."""


def format_in(data: bytes) -> str | None:
    """ "jpeg", "png", "webp" or "gif", by the first bytes; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(PNG_START):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "gif" if data[:6] in (b"GIF87a", b"GIF89a") else None


def size_in(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is broken, no picture, or larger than MOST_PIXELS."""
    reader = _SIZES.get(format_in(data) or "")
    try:
        size = reader(data) if reader else None
    except (struct.error, IndexError):
        return None
    return size if size and 0 < size[0] * size[1] <= MOST_PIXELS else None


def alpha_in(data: bytes) -> list[bytes] | None:
    """The rows of a PNG's alpha channel, 0 for clear, 255 for solid. None for a PNG without one, or of
    another kind than browsers write: eight bits a channel, row by row.
    """
    size = size_in(data)
    if size is None or not data.startswith(PNG_START) or data[24:26] != b"\x08\x06" or data[28] != 0:
        return None
    width, height = size
    step = 4 * width + 1
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(b"".join(_chunks(data, b"IDAT")), step * height)
    except (zlib.error, struct.error):
        return None
    if len(raw) != step * height:
        return None
    rows, above = [], bytes(width)
    for start in range(0, len(raw), step):
        above = _unfiltered(raw[start], raw[start + 4 : start + step : 4], above)
        rows.append(above)
    return rows


def _unfiltered(kind: int, row: bytes, above: bytes) -> bytes:
    """One channel of a row, by the filters of PNG (section 9 of its specification)."""
    if not any(row) and kind in (0, 2):
        return above if kind == 2 else row
    if kind == 1:
        return bytes(value & 255 for value in accumulate(row))
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(row, above, strict=True))
    if kind == 3:
        return bytes(accumulate(zip(row, above, strict=True), _average, initial=0))[1:]  # type: ignore[arg-type]
    return _paeth(row, above) if kind == 4 else row


def _average(left: int, here: tuple[int, int]) -> int:
    return (here[0] + (left + here[1]) // 2) & 255


def _paeth(row: bytes, above: bytes) -> bytes:
    found, left, corner = bytearray(), 0, 0
    for value, over in zip(row, above, strict=True):
        to_left, to_over, to_corner = abs(over - corner), abs(left - corner), abs(left + over - 2 * corner)
        if to_left <= to_over and to_left <= to_corner:
            left = (value + left) & 255
        else:
            left = (value + (over if to_over <= to_corner else corner)) & 255
        found.append(left)
        corner = over
    return bytes(found)


def _chunks(data: bytes, kind: bytes) -> Iterator[bytes]:
    at = len(PNG_START)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == kind:
            yield data[at + 8 : at + 8 + length]
        at += length + 12


def _png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + length
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    return None


_SIZES: Mapping[str, Callable[[bytes], tuple[int, int] | None]] = {
    "png": _png_size,
    "gif": _gif_size,
    "jpeg": _jpeg_size,
    "webp": _webp_size,
}

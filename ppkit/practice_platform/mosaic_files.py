"""A mosaic as a PNG or JPEG, and out of such a file again: it carries its squares beside the picture."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from ppkit.picture_bytes import MOST_PIXELS, PNG_START
from ppkit.practice_platform.mosaic import SQUARE, Mosaic

_SQUARES = b"ppkit-squares:"
_HEAD = struct.Struct(">HHI")
_XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_LIMIT = 65_000
"""Bytes that a segment of a JPEG holds."""
_SIZES_OF_NUMBERS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
"""Of the JPEG standard's code for lightness (annex K.3): how many sizes have a code of each length."""
_CODES = (
    "00",
    "010",
    "011",
    "100",
    "101",
    "110",
    "1110",
    "11110",
    "111110",
    "1111110",
    "11111110",
    "111111110",
)
_NOTHING_FOLLOWS = "0"
"""That a square has one colour: the only code for what else it could hold."""


def as_png(mosaic: Mosaic, size: tuple[int, int], xmp: str) -> bytes:
    """A PNG of these (width, height) pixels."""
    width, height = size
    raw = bytearray()
    for y in range(mosaic.rows):
        row = mosaic.squares[y * mosaic.columns : (y + 1) * mosaic.columns]
        raw += b"\0" + b"".join(bytes(square) * SQUARE for square in row)[: 4 * width]
        raw += (b"\2" + bytes(4 * width)) * (min(SQUARE, height - y * SQUARE) - 1)  # as the one above
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode()
    chunks = ((b"IHDR", head), (b"iTXt", text), (b"ppKt", _packed(mosaic)), (b"IDAT", zlib.compress(raw, 6)))
    return PNG_START + b"".join(_chunk(kind, content) for kind, content in (*chunks, (b"IEND", b"")))


def as_jpeg(mosaic: Mosaic, size: tuple[int, int], xmp: str) -> bytes:
    """A JPEG of these (width, height) pixels; what is clear becomes white."""
    width, height = size
    parts = [b"\xff\xd8", _segment(0xE1, _XMP_IN_JPEG + xmp.encode())]
    packed = _packed(mosaic)
    if len(packed) < _LIMIT:
        parts.append(_segment(0xEF, packed))
    parts.append(_segment(0xDB, b"\0" + b"\x08" * 64))
    planes = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    parts.append(_segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + planes))
    parts.append(_segment(0xC4, b"\0" + bytes(_SIZES_OF_NUMBERS) + bytes(range(12))))
    parts.append(_segment(0xC4, b"\x10" + b"\1" + bytes(15) + b"\0"))
    parts.append(_segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0"))
    bits = "".join(_coded(mosaic))
    bits += "1" * (-len(bits) % 8)
    parts.append(int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0"))
    return b"".join(parts) + b"\xff\xd9"


def mosaic_in(data: bytes) -> Mosaic | None:
    """The squares that a file of ours carries; None for any other file."""
    start = data.find(_SQUARES)
    if start < 0:
        return None
    try:
        columns, rows, length = _HEAD.unpack_from(data, start + len(_SQUARES))
        if not 0 < columns * rows <= MOST_PIXELS // SQUARE**2:
            return None
        packed = data[start + len(_SQUARES) + _HEAD.size :][:length]
        raw = zlib.decompressobj().decompress(packed, 4 * columns * rows)
    except (struct.error, zlib.error):
        return None
    if len(raw) != 4 * columns * rows:
        return None
    return Mosaic(columns, rows, list(struct.iter_unpack("4B", raw)))


def _packed(mosaic: Mosaic) -> bytes:
    raw = zlib.compress(b"".join(map(bytes, mosaic.squares)), 9)
    return _SQUARES + _HEAD.pack(mosaic.columns, mosaic.rows, len(raw)) + raw


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _coded(mosaic: Mosaic) -> Iterator[str]:
    """Each square's lightness and two tints, as the difference from the square before."""
    before = (0, 0, 0)
    for square in mosaic.squares:
        tints = _tints(*square)
        for value, last in zip(tints, before, strict=True):
            yield _number(value - last)
            yield _NOTHING_FOLLOWS
        before = tints


def _tints(red: int, green: int, blue: int, solid: int) -> tuple[int, int, int]:
    red, green, blue = (255 + (one - 255) * solid // 255 for one in (red, green, blue))
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(light) - 128, round((blue - light) * 0.564), round((red - light) * 0.713)


def _number(value: int) -> str:
    size = abs(value).bit_length()
    bits = value if value > 0 else value + (1 << size) - 1
    return _CODES[size] + (format(bits, f"0{size}b") if size else "")

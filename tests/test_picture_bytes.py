"""What a picture's bytes say, held against Pillow."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ppkit.picture_bytes import alpha_in, format_in, size_in

KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("PNG", {}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("GIF", {}),
)


def written(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    output = io.BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("size", [(1, 1), (33, 47), (1024, 1536)])
def test_format_and_size_are_those_that_pillow_finds(
    kind: str, options: dict[str, Any], size: tuple[int, int]
) -> None:
    data = written(Image.new("RGB", size, (10, 20, 30)), kind, **options)
    assert format_in(data) == kind.lower()
    assert size_in(data) == size


def test_a_webp_with_transparency_has_a_size_too() -> None:
    assert size_in(written(Image.new("RGBA", (70, 30), (1, 2, 3, 4)), "WEBP")) == (70, 30)


@given(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False), st.booleans())
def test_the_alpha_of_a_png_is_the_one_that_pillow_reads(
    width: int, height: int, dice: Any, smooth: bool
) -> None:
    def pixel(x: int, y: int) -> int:
        return (x * y + 3 * x) % 256 if smooth else dice.randrange(256)

    places = [(x, y) for y in range(height) for x in range(width)]
    picture = Image.frombytes(
        "RGBA", (width, height), bytes(pixel(x + part, y) for x, y in places for part in range(4))
    )
    rows = alpha_in(written(picture))
    assert rows is not None
    assert b"".join(rows) == picture.getchannel("A").tobytes()


def test_a_png_without_alpha_has_none() -> None:
    assert alpha_in(written(Image.new("RGB", (4, 4)))) is None
    assert alpha_in(written(Image.new("P", (4, 4)))) is None


def test_a_picture_that_would_unfold_beyond_all_memory_has_no_size() -> None:
    data = bytearray(written(Image.new("RGBA", (4, 4))))
    data[16:24] = struct.pack(">II", 8_000, 8_000)
    assert size_in(bytes(data)) == (8_000, 8_000)
    data[16:24] = struct.pack(">II", 8_001, 8_000)
    assert size_in(bytes(data)) is None
    assert alpha_in(bytes(data)) is None


@given(st.binary(max_size=80), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]))
def test_whatever_is_sent_raises_nothing(tail: bytes, head: bytes) -> None:
    size_in(head + tail)
    alpha_in(head + tail)


@given(st.integers(0, 400))
def test_a_file_cut_anywhere_raises_nothing(length: int) -> None:
    for kind, options in KINDS:
        data = written(Image.new("RGB", (20, 20)), kind, **options)[:length]
        size_in(data)
        alpha_in(data)

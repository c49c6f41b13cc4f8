"""What a practice picture is asked to be; apart from the drawing, so that Pillow is loaded only to draw."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_SIDE = 3840


class FormatNotDrawn(Exception):
    """Plain Python could write no picture of this format: WebP has no simple form."""


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """`size` is (width, height) in pixels; `compression` 0-100 is for jpeg and webp. An edit has the
    picture that was sent, what is wished of it, and a mask that opens a part of it.
    """

    prompt: str
    size: tuple[int, int]
    file_format: str = "png"
    transparent: bool = False
    compression: int = 100
    variant: int = 0
    source: bytes = b""
    mask: bytes = b""
    wish: str = ""

"""What draws and sees practice pictures here: Pillow, or plain Python where it is not installed."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO

from ppkit.extras import is_installed
from ppkit.practice_platform.answers import SeenPicture
from ppkit.practice_platform.picture_order import PictureOrder


def draws(file_format: str) -> bool:
    """Whether pictures of this format can be drawn here: in plain Python, WebP has no simple form."""
    return file_format != "webp" or is_installed("PIL")


def draw(order: PictureOrder) -> bytes:
    """As `pictures.draw`. Raises FormatNotDrawn for a format that plain Python cannot write."""
    return next(drawn_in_stages(order, (0,)))


def drawn_in_stages(order: PictureOrder, blurs: Sequence[int]) -> Iterator[bytes]:
    """As `pictures.drawn_in_stages`: each file is drawn when it is asked for. Raises FormatNotDrawn then."""
    # Each way is imported with the first picture: Pillow would take a good part of the start.
    if is_installed("PIL"):
        from ppkit.practice_platform import pictures

        return pictures.drawn_in_stages(order, blurs)
    from ppkit.practice_platform import plain_pictures

    return plain_pictures.drawn_in_stages(order, blurs)


def seen_in(data: bytes) -> list[SeenPicture]:
    """As `seen_pictures.seen_in`."""
    if is_installed("PIL"):
        from ppkit.practice_platform import seen_pictures

        return seen_pictures.seen_in(data)
    from ppkit.practice_platform import plain_pictures

    return plain_pictures.seen_in(data)


def format_of(file: BinaryIO, formats: Collection[str]) -> str | None:
    """What the picture is, None when it is none of these formats ("PNG", …) or broken."""
    if not is_installed("PIL"):
        from ppkit.picture_bytes import format_in, size_in

        data = file.read()
        kind = (format_in(data) or "").upper()
        return kind if kind in formats and size_in(data) else None
    from PIL import Image

    try:
        with Image.open(file, formats=list(formats)) as picture:
            picture.verify()
            return picture.format
    except Exception:  # a broken file makes its reader raise anything
        return None


def format_in(data: bytes, formats: Collection[str]) -> str | None:
    """The same of bytes."""
    return format_of(io.BytesIO(data), formats)

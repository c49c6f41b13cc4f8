"""The letterhead's picture, where it can be drawn: a damaged one leaves the name alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 16_000_000
"""A small file can hold a picture that takes gigabytes to draw."""


def logo_of(content: bytes) -> Image | None:
    """The picture, read to its end; None for none, or one that cannot be drawn."""
    from PIL import Image

    if not content:
        return None
    try:
        with Image.open(io.BytesIO(content)) as opened:
            return opened.convert("RGBA") if opened.width * opened.height <= MOST_PIXELS else None
    except Exception:  # whatever a damaged picture does to its reader
        return None

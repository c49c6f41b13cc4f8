"""Small pictures for lists: a page of drafts would otherwise carry megabytes to the browser."""

from __future__ import annotations

import io

from ppkit.extras import is_installed
from ppkit.picture_bytes import size_in

MOST_BYTES = 100_000
LONGEST_SIDE = 160  # pixels: shown at half of that on screens with two pixels to each


def thumbnail(content: bytes | None) -> bytes | None:
    """A small copy to be looked at, never to be kept; None where there is none or it cannot be read."""
    if content is None:
        return None
    if not is_installed("PIL"):  # then only what is small already, as what plain Python draws
        return content if len(content) <= MOST_BYTES and size_in(content) else None
    from PIL import Image  # lazy: only who has images needs it

    output = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            picture.convert("RGB").save(output, "JPEG", quality=80)
    except Exception:  # a broken file makes its reader raise anything
        return None
    return output.getvalue()

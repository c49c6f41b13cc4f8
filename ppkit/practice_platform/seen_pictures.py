"""What a practice model sees of a picture."""

from __future__ import annotations

import io

from PIL import Image

from ppkit.practice_platform.answers import SeenPicture
from ppkit.practice_platform.picture_words import XMP_CHUNK, colour_of, form_of, subject_in


def seen_in(data: bytes) -> list[SeenPicture]:
    """Form, colour, and the subject where the file tells it; nothing of a file that cannot be read."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            said = picture.info.get("xmp") or picture.info.get(XMP_CHUNK) or b""
            picture.draft("RGB", (64, 64))
            pixel = picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    except Exception:  # a broken file makes its reader raise anything
        return []
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return [SeenPicture(form_of(width, height), colour_of(pixel), subject_in(text))]

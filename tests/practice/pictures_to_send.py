"""Small real pictures that the tests send, and things that are none."""

from __future__ import annotations

import base64
import io

from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    """A file of this format, as Pillow names it."""
    file = io.BytesIO()
    Image.new("RGB", size, (14, 116, 144)).save(file, kind)
    return file.getvalue()


def data_url(kind: str = "PNG") -> str:
    return f"data:image/{kind.lower()};base64,{base64.b64encode(picture(kind)).decode('ascii')}"

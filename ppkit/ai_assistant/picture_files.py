"""Pictures as files: the format by the first bytes, and a copy in one that the network takes.

What a model draws carries its provenance (C2PA, XMP), which any saving anew would lose. So a picture is asked
for in the network's own format and written as it came; only where it must change its format is it encoded
again. The copy of what a model made then says so in XMP, in the words of IPTC.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ppkit.ai_assistant.networks import ImageRules
from ppkit.errors import PpkitError
from ppkit.extras import is_installed, require
from ppkit.picture_bytes import alpha_in, size_in

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES: Mapping[str, str] = {"jpeg": "jpg", "png": "png", "webp": "webp"}
OPAQUE = 255
QUALITIES = (90, 80, 70, 60)
"""Of a copy, the best that is small enough for the network."""
MADE_BY_A_MODEL = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    "Iptc4xmpExt:DigitalSourceType="
    '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/></rdf:RDF></x:xmpmeta>'
)


class NoPictureFile(PpkitError):
    """The bytes are no JPEG, PNG or WebP. Facts: none."""

    code = "no_picture_file"


class InvalidMask(PpkitError):
    """The mask is no PNG of the picture's size with something transparent in it. Facts: none."""

    code = "invalid_mask"


def format_of(data: bytes) -> str:
    """ "jpeg", "png" or "webp", by the first bytes. Raises NoPictureFile."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    raise NoPictureFile


def data_url(data: bytes) -> str:
    """The picture inside an address. Raises NoPictureFile."""
    return f"data:image/{format_of(data)};base64,{base64.b64encode(data).decode('ascii')}"


def pixels_of(data: bytes) -> tuple[int, int]:
    """Width and height. Raises NoPictureFile: without Pillow only for what its first bytes give away."""
    format_of(data)
    if not is_installed("PIL"):
        if size := size_in(data):
            return size
        raise NoPictureFile
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.size
    except Exception as error:  # a broken file makes its reader raise anything
        raise NoPictureFile from error


def check_mask(mask: bytes, picture: bytes) -> None:
    """Raises InvalidMask, NoPictureFile (the picture is none)."""
    size = pixels_of(picture)
    if not is_installed("PIL"):
        alpha = alpha_in(mask) if size_in(mask) == size else None  # one of another size is not unfolded
        if alpha is None or all(min(row) == OPAQUE for row in alpha):
            raise InvalidMask
        return
    from PIL import Image

    try:
        with Image.open(io.BytesIO(mask), formats=["PNG"]) as opened:
            if opened.size != size or "A" not in opened.getbands():
                raise InvalidMask
            lowest, _highest = opened.getchannel("A").getextrema()
    except OSError as error:
        raise InvalidMask from error
    if lowest == OPAQUE:  # nothing could be changed, and the call would be paid for
        raise InvalidMask


def is_taken(data: bytes, rules: ImageRules) -> bool:
    """Whether the network takes this file as it is: its format and its bytes."""
    return format_of(data) in rules.formats and rules.least_bytes <= len(data) <= rules.most_bytes


def as_taken(data: bytes, rules: ImageRules, *, by_model: bool = True) -> bytes:
    """The very file where the network takes it, else a copy in JPEG, which says so if a model made it.

    Raises NoPictureFile, and ExtraMissing without Pillow (extra "assistant").
    """
    if is_taken(data, rules):
        return data
    require("assistant", "PIL")
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as opened:
            picture = on_white(opened)
    except (UnidentifiedImageError, OSError) as error:
        raise NoPictureFile from error
    origin = {"xmp": MADE_BY_A_MODEL.encode()} if by_model else {}
    for quality in QUALITIES:
        output = io.BytesIO()
        picture.save(output, "JPEG", quality=quality, **origin)
        if output.tell() <= rules.most_bytes:
            break
    return output.getvalue()


def on_white(picture: Image.Image) -> Image.Image:
    """JPEG knows no transparency: what was clear becomes white, not black."""
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    ground = Image.new("RGB", clear.size, (255, 255, 255))
    ground.paste(clear, (0, 0), clear)
    return ground

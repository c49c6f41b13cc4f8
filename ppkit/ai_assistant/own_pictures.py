"""Pictures of the person's own, as they may leave the machine: upright, small enough, and without metadata.

A photo tells more than it shows: the place (GPS), the hour, the camera's number, a comment. None of that is
sent. What says that a model made the picture stays, in the words of IPTC: nobody's whereabouts are in it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppkit.ai_assistant.picture_files import MADE_BY_A_MODEL, NoPictureFile, format_of, on_white
from ppkit.errors import PpkitError
from ppkit.extras import is_installed, require
from ppkit.keys import refuse_keys
from ppkit.picture_bytes import MOST_PIXELS

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_FILE_BYTES = 20_000_000
LONGEST_SIDE = 1_440
"""Pixels, of the copy that a model sees: the greatest width that every network takes."""
QUALITY = 88
"""Of that copy, a JPEG of some hundred kilobytes."""
AS_GOOD_AS_IT_WAS: Mapping[str, Mapping[str, Any]] = {
    "JPEG": {"quality": 95},
    "PNG": {},
    "WEBP": {"lossless": True},
}
MODEL_WORDS = b"trainedAlgorithmicMedia"
XMP_OF_PNG = "XML:com.adobe.xmp"


class PictureTooLarge(PpkitError):
    """The file, or the picture in it, is larger than is taken. Facts: megabytes, megapixels (at most)."""

    code = "picture_too_large"

    def __init__(self, megabytes: int = LARGEST_FILE_BYTES // 10**6) -> None:
        super().__init__(megabytes=megabytes, megapixels=MOST_PIXELS // 10**6)


@dataclass(frozen=True, slots=True)
class BriefPicture:
    """What a brief shows to the model: a JPEG of at most 1440 pixels a side, with nothing but the picture."""

    data: bytes = field(repr=False)
    width: int
    height: int

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"


def are_taken() -> bool:
    """Whether pictures of the person's own can be made ready here; without Pillow, none is asked for."""
    return is_installed("PIL")


def brief_picture(given: BriefPicture | bytes | Path | str) -> BriefPicture:
    """The copy that a model may see of a file, by its bytes or its path.

    Raises NoPictureFile, PictureTooLarge, OSError, KeyInText for a key in the path, and ExtraMissing
    without Pillow (extra "assistant").
    """
    if isinstance(given, BriefPicture):
        return given
    if not isinstance(given, bytes):
        refuse_keys("file", given)
        given = Path(given).read_bytes()
    picture, is_made = _opened(given, reduced=True)
    return BriefPicture(_encoded(on_white(picture), "JPEG", is_made, quality=QUALITY), *picture.size)


def without_metadata(data: bytes) -> bytes:
    """The same picture in its own format and size, and nothing else. Raises as `brief_picture`."""
    picture, is_made = _opened(data)
    kind = format_of(data).upper()
    return _encoded(picture, kind, is_made, **AS_GOOD_AS_IT_WAS[kind])


def _opened(data: bytes, *, reduced: bool = False) -> tuple[Image.Image, bool]:
    """The picture alone, in sRGB and upright, and whether it says that a model made it."""
    format_of(data)
    require("assistant", "PIL")
    from PIL import Image, ImageOps

    if len(data) > LARGEST_FILE_BYTES:
        raise PictureTooLarge
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureTooLarge
            said = opened.info.get("xmp") or opened.info.get(XMP_OF_PNG) or b""
            if reduced:
                opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            seen = _srgb(ImageOps.exif_transpose(opened))
            if reduced:
                seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            alone = Image.new(seen.mode, seen.size)
            alone.paste(seen)
    except PpkitError:
        raise
    except Image.DecompressionBombError:
        raise PictureTooLarge from None
    except Exception as error:  # a broken file makes its reader raise anything
        raise NoPictureFile from error
    return alone, MODEL_WORDS in (said.encode() if isinstance(said, str) else said)


def _srgb(picture: Image.Image) -> Image.Image:
    """In the colours that are meant where a file has no profile; one that cannot be read is left out."""
    from PIL import ImageCms

    has_clear = "A" in picture.getbands() or "transparency" in picture.info
    profile = picture.info.get("icc_profile")
    plain = picture.convert("RGBA" if has_clear else "RGB") if picture.mode != "CMYK" else picture
    if profile:
        try:
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGB" if plain.mode == "CMYK" else plain.mode
            found = ImageCms.profileToProfile(plain, meant, ImageCms.createProfile("sRGB"), outputMode=mode)
            return plain if found is None else found
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return plain.convert("RGB") if plain.mode == "CMYK" else plain


def _encoded(picture: Image.Image, kind: str, is_made: bool, **options: Any) -> bytes:
    from PIL import PngImagePlugin

    if is_made and kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt(XMP_OF_PNG, MADE_BY_A_MODEL)
    elif is_made:
        options["xmp"] = MADE_BY_A_MODEL.encode()
    output = io.BytesIO()
    picture.save(output, kind, **options)
    return output.getvalue()

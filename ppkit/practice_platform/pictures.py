"""Practice pictures: a designed background, the subject well set, and a mark that cannot be missed."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw, ImageFilter
from PIL.PngImagePlugin import PngInfo

from ppkit.practice_platform.motifs import motif_for
from ppkit.practice_platform.picture_edits import edited
from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.picture_style import MARKS, PALETTES, Rgb, mixed, wanted_of
from ppkit.practice_platform.picture_words import XMP_CHUNK, origin_of
from ppkit.practice_platform.sample_posts import language_of
from ppkit.practice_platform.subjects import LABEL, subject_and_rest
from ppkit.practice_platform.typesetting import SMALLEST_READABLE, drawable, font, largest_block, small_block

Palette = tuple[Rgb, ...]
WHITE = (255, 255, 255)
XMP_MARK = b"trainedAlgorithmicMedia"
"""In a file that this platform drew: it has its band already."""
BLURRED_AT = 4  # so many pixels of the picture are one, while it is blurred
LABELLED = re.compile(rf"[\W_]*{LABEL}\s*:", re.IGNORECASE)
_COMPOSITION = re.compile(r"^(?:composition|inquadratura)\s*:\s*(.{1,80})$", re.IGNORECASE | re.MULTILINE)
MOTIF_SCALES = {
    "un dettaglio da vicino": 1.25,
    "a detail from close up": 1.25,
    "il luogo intero, visto da lontano": 0.55,
    "the whole place, from afar": 0.55,
}


def draw(order: PictureOrder) -> bytes:
    """The picture as a file of the asked format and size; the same order gives the same picture."""
    return next(drawn_in_stages(order, (0,)))


def drawn_in_stages(order: PictureOrder, blurs: Sequence[int]) -> Iterator[bytes]:
    """The same picture, drawn once, in a file for each of these blurs (in pixels)."""
    changed = edited(order) if order.source else None
    if changed is not None:  # its mark is the one it came with, unless it came from elsewhere
        picture, palette, marked = changed, PALETTES[0], XMP_MARK not in order.source
    else:
        dice = hashlib.sha256(f"{order.variant}/{order.prompt}".encode("utf-8", "surrogatepass")).digest()
        palette, marked = PALETTES[dice[0] % len(PALETTES)], True
        picture = _background(order.size, palette, dice, transparent=order.transparent)
        _write_prompt(picture, order, palette)
    for blur in blurs:
        stage = _blurred(picture, blur)
        if marked:
            _write_mark(stage, MARKS[language_of(order.prompt)], palette)
        yield _encoded(stage, order)


def _blurred(picture: Image.Image, blur: int) -> Image.Image:
    """A copy. One that is blurred is blurred small: it looks the same and takes a sixteenth of the time."""
    if not blur:
        return picture.copy()
    small = picture.reduce(BLURRED_AT).filter(ImageFilter.GaussianBlur(blur / BLURRED_AT))
    return small.resize(picture.size, Image.Resampling.BILINEAR)


def _background(size: tuple[int, int], palette: Palette, dice: bytes, *, transparent: bool) -> Image.Image:
    """A diagonal gradient (a tiny one, enlarged: fast and smooth) with soft circles and a thin frame."""
    if transparent:
        return Image.new("RGBA", size, (0, 0, 0, 0))
    steps = 16
    small = Image.new("RGB", (steps, steps))
    small.putdata(
        [mixed(palette[0], palette[1], (x + y) / (2 * steps - 2)) for y in range(steps) for x in range(steps)]
    )
    picture = small.resize(size, Image.Resampling.BICUBIC)
    # How much of the circles' colour is seen where: drawn at a modest size and scaled with a filter, which
    # gives smooth edges without drawing millions of pixels twice.
    layer = Image.new("L", (1024, 1024))
    pen = ImageDraw.Draw(layer)
    for number in range(4):
        x, y = 4 * dice[3 * number + 1], 4 * dice[3 * number + 2]
        radius = 110 + dice[3 * number + 3]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=18 + 8 * number)
    box = (0, 0, 1024 * size[0] / max(size), 1024 * size[1] / max(size))
    picture.paste(palette[2], (0, 0), layer.resize(size, Image.Resampling.BICUBIC, box))
    return picture


def _write_prompt(picture: Image.Image, order: PictureOrder, palette: Palette) -> None:
    """The subject large, under an accent bar; the rest small below it, where it can be read."""
    width, height = picture.size
    short = min(width, height)
    margin, bar = round(short * 0.085), max(2, round(short * 0.009))
    wanted = wanted_of(order)
    subject, rest = (drawable(text) for text in subject_and_rest(wanted))
    subject, rest = (subject, rest) if subject else (rest or "…", "")
    if LABELLED.match(wanted):
        rest = composition_in(wanted)  # of a brief, the directions are for who draws and not for who looks
    measure = width - 2 * margin
    small = round(short * 0.031)
    note = small_block(rest, min(measure, 34 * small), small, 3) if small >= SMALLEST_READABLE else None
    below = note.height + round(short * 0.04) if note and note.lines else 0
    headline = largest_block(
        subject[:1].upper() + subject[1:], (measure, round(height * 0.5)), round(short * 0.12), "Bold"
    )
    top = height - _band(picture.size) - margin - below - headline.height
    _draw_motif(picture, subject, top - margin, palette, scale=MOTIF_SCALES.get(rest.casefold(), 1.0))
    # On a transparent picture the letters must be read on light and on dark: dark ink, light outline.
    ink, outline = (palette[0], WHITE) if order.transparent else (WHITE, None)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((margin, top - 4 * bar, margin + 12 * bar, top - 3 * bar), fill=palette[2])
    headline.draw(pen, (margin, top), ink, outline)
    if note:
        softer = ink if outline else mixed(WHITE, palette[1], 0.14)
        note.draw(pen, (margin, height - _band(picture.size) - margin - note.height), softer, outline)


def _draw_motif(picture: Image.Image, subject: str, room: int, palette: Palette, *, scale: float) -> None:
    """Above the words, as large as there is room."""
    width, _height = picture.size
    size = round(min(room * 0.86, width * 0.7) * scale)
    motif = motif_for(subject, size, palette[2])
    if motif is not None:
        place = ((width - size) // 2, max(0, (room - size) // 2 + round(room * 0.07)))
        picture.paste(motif, place, motif)


def composition_in(prompt: str) -> str:
    found = _COMPOSITION.search(prompt)
    return found[1].strip(" .") if found else ""


def _write_mark(picture: Image.Image, mark: str, palette: Palette) -> None:
    """A solid band across the foot with the mark, also on transparent pictures."""
    width, height = picture.size
    band = _band(picture.size)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height - band, width, height), fill=palette[2])
    text = f"{mark} · ppkit"
    letters = font("Bold", max(10, round(band * 0.5)))
    while pen.textlength(text, font=letters) > width - band // 2 and letters.size > 8:
        letters = font("Bold", int(letters.size) - 2)
    pen.text((width / 2, height - band / 2), text, font=letters, fill=palette[0], anchor="mm")


def _band(size: tuple[int, int]) -> int:
    """How high the band at the foot is."""
    return max(18, round(min(size) * 0.085))


def _encoded(picture: Image.Image, order: PictureOrder) -> bytes:
    output = io.BytesIO()
    origin = origin_of(subject_and_rest(wanted_of(order))[0])
    if order.file_format == "png":
        chunks = PngInfo()
        chunks.add_itxt(XMP_CHUNK, origin)
        picture.save(output, "PNG", compress_level=2, pnginfo=chunks)
    elif order.file_format == "jpeg":
        quality = max(10, order.compression)
        picture.convert("RGB").save(output, "JPEG", quality=quality, xmp=origin.encode())
    else:
        quality = max(10, order.compression)
        picture.save(output, "WEBP", quality=quality, method=2, xmp=origin.encode())
    return output.getvalue()

"""Practice pictures: a designed background, the prompt well set, and a mark that cannot be missed."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from importlib import resources

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ppkit.practice.answers import language_of
from ppkit.practice.picture_order import PictureOrder

PALETTES = (
    ((23, 37, 84), (14, 116, 144), (253, 224, 71)),
    ((76, 29, 149), (190, 24, 93), (254, 215, 170)),
    ((6, 78, 59), (13, 148, 136), (253, 186, 116)),
    ((124, 45, 18), (217, 119, 6), (254, 243, 199)),
    ((30, 41, 59), (71, 85, 105), (125, 211, 252)),
    ((88, 28, 135), (37, 99, 235), (167, 243, 208)),
)
"""(corner, opposite corner, accent) of each background."""
MARKS = {"it": "PRATICA", "en": "PRACTICE"}
WHITE = (255, 255, 255)
LONGEST_TEXT = 220


def draw(order: PictureOrder) -> bytes:
    """The picture as a file of the asked format and size; the same order gives the same picture."""
    dice = hashlib.sha256(f"{order.variant}/{order.prompt}".encode("utf-8", "surrogatepass")).digest()
    palette = PALETTES[dice[0] % len(PALETTES)]
    picture = _background(order.size, palette, dice, transparent=order.transparent)
    _write_prompt(picture, order.prompt, palette[2])
    if order.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(order.blur))
    _write_mark(picture, MARKS[language_of(order.prompt)], palette)
    return _encoded(picture, order)


def _background(
    size: tuple[int, int], palette: tuple[tuple[int, int, int], ...], dice: bytes, *, transparent: bool
) -> Image.Image:
    """A diagonal gradient (a tiny one, enlarged: fast and smooth) with soft circles and a thin frame."""
    if transparent:
        return Image.new("RGBA", size, (0, 0, 0, 0))
    steps = 16
    small = Image.new("RGB", (steps, steps))
    small.putdata(
        [_mix(palette[0], palette[1], (x + y) / (2 * steps - 2)) for y in range(steps) for x in range(steps)]
    )
    picture = small.resize(size, Image.Resampling.BICUBIC)
    # Drawn at twice a modest size and scaled with a filter: smooth edges without drawing millions of pixels
    # twice.
    layer = Image.new("RGBA", (1024, 1024), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    for number in range(4):
        x, y = 4 * dice[3 * number + 1], 4 * dice[3 * number + 2]
        radius = 110 + dice[3 * number + 3]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*palette[2], 18 + 8 * number))
    layer = layer.resize((max(size), max(size)), Image.Resampling.BICUBIC).crop((0, 0, *size))
    picture.paste(layer, (0, 0), layer)
    return picture


def _write_prompt(picture: Image.Image, prompt: str, accent: tuple[int, int, int]) -> None:
    """The prompt in the largest letters that fit, above the foot, with a short accent bar over it."""
    width, height = picture.size
    margin = round(min(width, height) * 0.085)
    room = (width - 2 * margin, round(height * 0.68))
    text = _drawable(" ".join(prompt.split())[:LONGEST_TEXT]) or "…"
    lines, font, leading = _fitted(text[:1].upper() + text[1:], room, min(width, height))
    top = height - round(min(width, height) * 0.085) - margin - leading * len(lines)
    bar = max(2, round(min(width, height) * 0.009))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((margin, top - 4 * bar, margin + 12 * bar, top - 3 * bar), fill=accent)
    for number, line in enumerate(lines):
        pen.text((margin, top + number * leading), line, font=font, fill=WHITE)


def _write_mark(picture: Image.Image, mark: str, palette: tuple[tuple[int, int, int], ...]) -> None:
    """A solid band across the foot with the mark, also on transparent pictures."""
    width, height = picture.size
    band = max(18, round(min(width, height) * 0.085))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height - band, width, height), fill=palette[2])
    text = f"{mark} · ppkit"
    font = _font("Bold", max(10, round(band * 0.5)))
    while pen.textlength(text, font=font) > width - band // 2 and font.size > 8:
        font = _font("Bold", int(font.size) - 2)
    pen.text((width / 2, height - band / 2), text, font=font, fill=palette[0], anchor="mm")


def _fitted(
    text: str, room: tuple[int, int], short_side: int
) -> tuple[list[str], ImageFont.FreeTypeFont, int]:
    """(lines, font, leading): the text broken into even lines, at the largest size that fits the room."""
    size = max(10, round(short_side * 0.125))
    while True:
        font, leading = _font("Bold", size), round(size * 1.16)
        lines = _wrapped(text, font, room[0])
        fits = len(lines) * leading <= room[1] and all(font.getlength(line) <= room[0] for line in lines)
        if fits or size <= 10:
            lines = (
                _balanced(text, font, room[0], len(lines)) if fits else lines[: max(1, room[1] // leading)]
            )
            return lines, font, leading
        size = max(10, round(size * 0.9))


def _balanced(text: str, font: ImageFont.FreeTypeFont, width: int, count: int) -> list[str]:
    """The narrowest measure that still gives as many lines: no single word is left alone at the end."""
    low, high = width // 3, width
    while high - low > 8:
        middle = (low + high) // 2
        lines = _wrapped(text, font, middle)
        if len(lines) <= count and all(font.getlength(line) <= middle for line in lines):
            high = middle
        else:
            low = middle
    return _wrapped(text, font, high)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _drawable(text: str) -> str:
    """Without the characters that the font cannot draw (emoji, scripts it lacks)."""
    missing = _glyph("\ufffe")
    return " ".join("".join(sign for sign in text if sign == " " or _glyph(sign) != missing).split())


@cache
def _glyph(sign: str) -> bytes:
    return bytes(_font("Bold", 24).getmask(sign))


@cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """Noto Sans, a subset for Latin, Greek and Cyrillic that travels with the package (SIL Open Font
    License).
    """
    data = resources.files("ppkit.practice").joinpath(f"data/NotoSans-{weight}.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size)


def _mix(one: tuple[int, int, int], other: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    mixed = [round(a + (b - a) * share) for a, b in zip(one, other, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def _encoded(picture: Image.Image, order: PictureOrder) -> bytes:
    output = io.BytesIO()
    if order.file_format == "png":
        picture.save(output, "PNG", compress_level=2)
    elif order.file_format == "jpeg":
        picture.convert("RGB").save(output, "JPEG", quality=max(10, order.compression))
    else:
        picture.save(output, "WEBP", quality=max(10, order.compression), method=2)
    return output.getvalue()

"""Setting text in a box of pixels: fonts, line breaks, the largest size that fits."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import ImageDraw, ImageFont

from ppkit.look.pdf import Weight, typeface

Ink = tuple[int, int, int]
SMALLEST_READABLE = 10  # pixels
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of one size, ready to be drawn from a top left corner."""

    lines: Sequence[str]
    font: ImageFont.FreeTypeFont
    leading: int

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)

    def draw(self, pen: ImageDraw.ImageDraw, corner: tuple[int, int], ink: Ink, outline: Ink | None) -> None:
        """With an outline where nothing is known of what will lie behind the picture."""
        stroke = max(1, round(self.font.size / 16)) if outline else 0
        for number, line in enumerate(self.lines):
            place = (corner[0], corner[1] + number * self.leading)
            pen.text(place, line, font=self.font, fill=ink, stroke_width=stroke, stroke_fill=outline)


def largest_block(text: str, room: tuple[int, int], largest: int, weight: Weight) -> TextBlock:
    """The text in even lines at the largest size that fits `room` (width, height).

    The size is at most `largest` and never under half of it: of what does not fit then, the beginning is set.
    """
    smallest = max(SMALLEST_READABLE, largest // 2)
    for size in range(max(largest, smallest), smallest - 1, -max(1, largest // 24)):
        found, leading = font(weight, size), round(size * 1.16)
        lines = wrapped(text, found, room[0])
        if len(lines) * leading <= room[1] and all(found.getlength(line) <= room[0] for line in lines):
            return TextBlock(_balanced(text, found, room[0], len(lines)), found, leading)
    found, leading = font(weight, smallest), round(smallest * 1.16)
    return TextBlock(_first_lines(text, found, room[0], max(1, room[1] // leading)), found, leading)


def small_block(text: str, width: int, size: int, most_lines: int) -> TextBlock:
    """The beginning of the text in small letters; an ellipsis says when there is more."""
    found = font("Regular", size)
    return TextBlock(_first_lines(text, found, width, most_lines), found, round(size * 1.4))


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def drawable(text: str) -> str:
    """Without the characters that the fonts cannot draw (emoji, scripts they lack)."""
    missing = _glyph("\ufffe")
    return " ".join("".join(sign for sign in text if sign == " " or _glyph(sign) != missing).split())


@cache
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """The typeface that travels with the package."""
    return ImageFont.truetype(io.BytesIO(typeface(weight)), size)


def _balanced(text: str, font: ImageFont.FreeTypeFont, width: int, count: int) -> list[str]:
    """The narrowest measure that still gives as many lines: no single word is left alone at the end."""
    low, high = width // 3, width
    while high - low > 8:
        middle = (low + high) // 2
        lines = wrapped(text, font, middle)
        if len(lines) <= count and all(font.getlength(line) <= middle for line in lines):
            high = middle
        else:
            low = middle
    return wrapped(text, font, high)


def _first_lines(text: str, font: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    """At most so many lines, none wider than the measure."""
    lines = wrapped(text, font, width)
    kept = [_narrowed(line, font, width) for line in lines[:most]]
    if len(lines) > most:
        kept[-1] = _narrowed(f"{lines[most - 1].rstrip(' .,;:')}{ELLIPSIS}", font, width)
    return kept


def _narrowed(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(line) <= width:
        return line
    while len(line) > 1 and font.getlength(line.rstrip(" .,;:…") + ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip(" .,;:…") + ELLIPSIS


@cache
def _glyph(sign: str) -> bytes:
    return bytes(font("Bold", 24).getmask(sign))

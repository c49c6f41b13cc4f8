"""Practice pictures where no library draws: the subject in large letters, and a mark that nobody misses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from ppkit.picture_bytes import alpha_in, size_in
from ppkit.practice_platform.answers import SeenPicture
from ppkit.practice_platform.mosaic import SQUARE, Colour, Mosaic, capitals, lines_of
from ppkit.practice_platform.mosaic_files import as_jpeg, as_png, mosaic_in
from ppkit.practice_platform.mosaic_letters import HEIGHT
from ppkit.practice_platform.picture_order import FormatNotDrawn, PictureOrder
from ppkit.practice_platform.picture_style import (
    LIGHT,
    MARKS,
    PALETTES,
    TINTS,
    Rgb,
    effect_of,
    mixed,
    wanted_of,
)
from ppkit.practice_platform.picture_words import colour_of, form_of, origin_of, subject_in
from ppkit.practice_platform.sample_posts import language_of
from ppkit.practice_platform.subjects import subject_and_rest

BAND = HEIGHT + 4
"""Rows of squares that the band at the foot takes."""
MOST_LINES = 5
CLEAR: Colour = (0, 0, 0, 0)
WHITE: Colour = (255, 255, 255, 255)
PER_BLOCK = 4  # of a partial picture: so many steps of blur are one square
Palette = Sequence[Rgb]


def draw(order: PictureOrder, blur: int = 0) -> bytes:
    """The picture as a file of the asked format and size; the same order gives the same picture.

    Raises FormatNotDrawn for WebP.
    """
    dice = hashlib.sha256(f"{order.variant}/{order.prompt}".encode("utf-8", "surrogatepass")).digest()
    palette = PALETTES[dice[0] % len(PALETTES)]
    before = mosaic_in(order.source)
    mosaic = _drawn(order, palette, dice) if before is None else _edited(before, order)
    if blur:
        mosaic = mosaic.coarser(max(2, blur // PER_BLOCK))
    _mark(mosaic, MARKS[language_of(order.prompt)], palette)
    origin = origin_of(subject_and_rest(wanted_of(order))[0])
    if order.file_format == "png":
        return as_png(mosaic, order.size, origin)
    if order.file_format == "jpeg":
        return as_jpeg(mosaic, order.size, origin)
    raise FormatNotDrawn


def drawn_in_stages(order: PictureOrder, blurs: Sequence[int]) -> Iterator[bytes]:
    """A file for each of these blurs."""
    return (draw(order, blur) for blur in blurs)


def seen_in(data: bytes) -> list[SeenPicture]:
    """Form and subject, and the colour of a picture that was drawn here; nothing of a file that is broken."""
    size = size_in(data)
    if size is None:
        return []
    mosaic = mosaic_in(data)
    squares = mosaic.squares if mosaic else [CLEAR]
    pixel = tuple(sum(square[part] for square in squares) // len(squares) for part in range(3))
    return [SeenPicture(form_of(*size), colour_of(pixel), subject_in(data.decode("utf-8", "replace")))]


def _drawn(order: PictureOrder, palette: Palette, dice: bytes) -> Mosaic:
    subject, rest = (capitals(text) for text in subject_and_rest(wanted_of(order)))
    mosaic = Mosaic.painted(order.size, _background(order, palette, dice))
    margin = max(2, mosaic.columns // 12)
    scale = max(1, mosaic.columns // 110)
    lines = lines_of(subject or rest or "...", mosaic.columns - 2 * margin, scale, MOST_LINES)
    step = (HEIGHT + 3) * scale
    top = mosaic.rows - BAND - margin - step * len(lines)
    mosaic.fill(margin, top - 3, 16, 1, _solid(palette[2]))
    for number, line in enumerate(lines):
        # On a transparent picture the letters must be read on light and on dark.
        if order.transparent:
            mosaic.write(line, margin + 1, top + number * step + 1, WHITE, scale)
        ink = _solid(palette[0]) if order.transparent else WHITE
        mosaic.write(line, margin, top + number * step, ink, scale)
    return mosaic


def _background(order: PictureOrder, palette: Palette, dice: bytes) -> Callable[[int, int], Colour]:
    """A diagonal gradient with discs in the accent's colour."""
    columns, rows = (-(-side // SQUARE) for side in order.size)
    discs = [
        (dice[3 * n + 1] * columns // 255, dice[3 * n + 2] * rows // 340, (12 + dice[3 * n + 3] // 16) ** 2)
        for n in range(3)
    ]

    def paint(x: int, y: int) -> Colour:
        if order.transparent:
            return CLEAR
        share = round(16 * (x + y) / (columns + rows)) / 16
        colour = mixed(palette[0], palette[1], share)
        for left, top, radius in discs:
            if (x - left) ** 2 + (y - top) ** 2 <= radius:
                colour = mixed(colour, palette[2], 0.16)
        return _solid(colour)

    return paint


def _edited(before: Mosaic, order: PictureOrder) -> Mosaic:
    """What was drawn before, in the asked size, changed as the wish says and only where the mask is open."""
    effect = effect_of(order.wish)
    alpha = alpha_in(order.mask) if order.mask else None

    def paint(x: int, y: int) -> Colour:
        square = before.squares[y * before.rows // rows * before.columns + x * before.columns // columns]
        if alpha is not None and alpha[_middle(y, rows, len(alpha))][_middle(x, columns, len(alpha[0]))]:
            return square
        red, green, blue, solid = square
        return (*_changed((red, green, blue), effect), solid)

    columns, rows = (-(-side // SQUARE) for side in order.size)
    return Mosaic.painted(order.size, paint)


def _middle(square: int, squares: int, pixels: int) -> int:
    return min(pixels - 1, (2 * square + 1) * pixels // (2 * squares))


def _mark(mosaic: Mosaic, mark: str, palette: Palette) -> None:
    """A solid band across the foot with the mark, also on transparent pictures."""
    mosaic.fill(0, mosaic.rows - BAND, mosaic.columns, BAND, _solid(palette[2]))
    line = f"{mark} · PPKIT"[: mosaic.columns // 6]
    left = max(0, (mosaic.columns - 6 * len(line)) // 2)
    mosaic.write(line, left, mosaic.rows - BAND + 2, _solid(palette[0]))


def _changed(colour: Rgb, effect: str) -> Rgb:
    grey = sum(colour) // 3
    match effect:
        case "grey":
            return grey, grey, grey
        case "darker":
            return mixed(colour, (0, 0, 0), 0.45)
        case "contrast":
            return mixed(colour, (0, 0, 0) if grey < 128 else (255, 255, 255), 0.4)
        case _:
            return mixed(colour, TINTS.get(effect, LIGHT), 0.45)


def _solid(colour: Rgb) -> Colour:
    return (*colour, 255)

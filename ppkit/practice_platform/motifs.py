"""A drawing for what a prompt is about: a few plain shapes, so that a practice picture answers its brief."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw

Pen = ImageDraw.ImageDraw
Ink = tuple[int, int, int, int]
GRID = 400  # units of a motif's square; it is drawn twice as large and scaled down


def _sun(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.pieslice((80, 60, 320, 300), 180, 360, fill=ink)
    for number in range(4):
        left = 30 + 34 * number
        pen.rounded_rectangle((left, 200 + 34 * number, GRID - left, 212 + 34 * number), 6, fill=light)


def _cup(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.arc((260, 170, 350, 280), 250, 110, fill=ink, width=20)
    pen.rounded_rectangle((90, 150, 290, 320), 50, fill=ink)
    pen.rounded_rectangle((60, 335, 320, 352), 8, fill=light)
    for left in (130, 180, 230):
        pen.arc((left - 20, 50, left + 20, 130), 90, 270, fill=light, width=10)


def _glass(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.polygon([(90, 60), (310, 60), (200, 210)], fill=light)
    pen.polygon([(118, 98), (282, 98), (200, 210)], fill=ink)
    pen.rectangle((193, 205, 207, 330), fill=light)
    pen.rounded_rectangle((130, 325, 270, 342), 8, fill=light)
    pen.ellipse((262, 40, 322, 100), fill=ink)


def _tag(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.polygon([(200, 40), (350, 190), (350, 350), (50, 350), (50, 190)], fill=ink)
    pen.ellipse((180, 90, 220, 130), fill=light)
    pen.line((130, 310, 270, 170), fill=light, width=18)
    pen.ellipse((110, 180, 170, 240), outline=light, width=16)
    pen.ellipse((230, 240, 290, 300), outline=light, width=16)


def _tree(pen: Pen, ink: Ink, light: Ink) -> None:
    for top, width in ((50, 90), (120, 130), (200, 170)):
        pen.polygon([(200, top), (200 - width, top + 120), (200 + width, top + 120)], fill=ink)
    pen.rectangle((180, 320, 220, 370), fill=light)
    for x, y in ((200, 150), (150, 230), (245, 235), (130, 305), (265, 300), (200, 290)):
        pen.ellipse((x - 11, y - 11, x + 11, y + 11), fill=light)


def _shop(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.rectangle((70, 180, 330, 350), fill=light)
    for number in range(5):
        left = 50 + 60 * number
        pen.pieslice((left, 130, left + 60, 210), 0, 180, fill=ink if number % 2 else light)
        pen.rectangle((left, 80, left + 60, 170), fill=ink if number % 2 else light)
    pen.rectangle((220, 230, 290, 350), fill=ink)
    pen.rectangle((100, 230, 190, 300), fill=ink)


def _loaf(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.rounded_rectangle((50, 150, 350, 310), 80, fill=ink)
    for left in (110, 175, 240):
        pen.line((left, 260, left + 50, 195), fill=light, width=16)


def _bowl(pen: Pen, ink: Ink, light: Ink) -> None:
    pen.pieslice((60, 70, 340, 350), 0, 180, fill=ink)
    pen.rounded_rectangle((40, 200, 360, 222), 10, fill=light)
    for left in (120, 180, 240):
        pen.arc((left, 90, left + 40, 180), 90, 270, fill=light, width=10)


MOTIFS: Mapping[str, Callable[[Pen, Ink, Ink], None]] = {
    r"saldi|scont|offert|promo|\bsales?\b|discount|offer|%": _tag,
    r"natal|feste|christmas|holiday|regal|gift": _tree,
    r"aperitiv|cocktail|vin[oi]\b|wine|drink|birr|beer|calic|brindis": _glass,
    r"caff|coffee|colazion|breakfast|\btea\b|\btè\b|barist": _cup,
    r"pane\b|forno|baker|bread|pizza|torta|cake|brunch|dolc": _loaf,
    r"menu|menù|ristorant|restaurant|cucin|cook|piatt|zupp|ceramic": _bowl,
    r"negozi|shop|store|apr[ei]|apertur|open|vetrin|inaugur": _shop,
    r"tramont|sole\b|sunset|\bsun|alba|estat|summer|terrazz|terrace|mare\b|beach|spiaggi": _sun,
}
"""By what the subject says; the first that is found."""


def motif_for(subject: str, size: int, colour: tuple[int, int, int]) -> Image.Image | None:
    """A transparent square of this many pixels; None for a subject that no motif is known for."""
    found = next((draw for words, draw in MOTIFS.items() if re.search(words, subject, re.IGNORECASE)), None)
    if found is None or size < 24:
        return None
    layer = Image.new("RGBA", (GRID, GRID), (0, 0, 0, 0))
    found(ImageDraw.Draw(layer), (*colour, 235), (255, 255, 255, 225))
    return layer.resize((size, size), Image.Resampling.LANCZOS)

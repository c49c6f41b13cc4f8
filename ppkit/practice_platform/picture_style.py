"""What practice pictures have in common, whatever draws them: colours, marks, what a wish changes."""

from __future__ import annotations

import re

from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.wishes import material_in

Rgb = tuple[int, int, int]
PALETTES: tuple[tuple[Rgb, Rgb, Rgb], ...] = (
    ((23, 37, 84), (14, 116, 144), (253, 224, 71)),
    ((76, 29, 149), (190, 24, 93), (254, 215, 170)),
    ((6, 78, 59), (13, 148, 136), (253, 186, 116)),
    ((124, 45, 18), (217, 119, 6), (254, 243, 199)),
    ((30, 41, 59), (71, 85, 105), (125, 211, 252)),
    ((88, 28, 135), (37, 99, 235), (167, 243, 208)),
)
"""(corner, opposite corner, accent) of each background."""
MARKS = {"it": "PRATICA", "en": "PRACTICE"}
LONGEST_TEXT = 1_000  # characters; more than that never fits
EFFECTS = {
    r"bianco e nero|black and white|gr[ie]gi|gray|grey": "grey",
    r"scur|dark|nott|night": "darker",
    r"luc[ei]|lumin|bright|light|chiar": "brighter",
    r"cald|warm|tramont|sunset|aranc|orange|ross|\bred": "warmer",
    r"fredd|cold|cool|\bblu|mare\b|sea\b|azzurr": "colder",
    r"verd|green|piant|plant|foglie|leaves": "greener",
    r"contrast": "contrast",
}
TINTS = {"warmer": (255, 140, 60), "colder": (60, 140, 255), "greener": (70, 190, 110)}
LIGHT = (255, 244, 214)


def effect_of(wish: str) -> str:
    """How a practice edit answers a wish."""
    return next(
        (name for words, name in EFFECTS.items() if re.search(words, wish, re.IGNORECASE)), "brighter"
    )


def wanted_of(order: PictureOrder) -> str:
    """The prompt without what is quoted in it, such as the post that the picture goes with."""
    return material_in(order.prompt)[0][:LONGEST_TEXT]


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """The colour between two others."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

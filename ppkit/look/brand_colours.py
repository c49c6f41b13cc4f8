"""An agency's colour, made fit to be read: darker or lighter until all that it meets stands out (WCAG AA).

The other tokens of the style sheet stay as they are; what a brand colour meets is paper, wash, and itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

ENOUGH = 4.5
STEPS = 64  # from the colour to black or white
GROUNDS: Mapping[str, tuple[str, ...]] = {"light": ("#ffffff", "#f4f6fb"), "dark": ("#171c28", "#10141d")}
"""Paper and wash of the style sheet, in each theme."""

INKS: Mapping[str, tuple[str, str]] = {"light": ("#ffffff", "#12122b"), "dark": ("#12122b", "#ffffff")}
"""What is written on a filled button, the usual one first."""

SOFT: Mapping[str, str] = {"light": "#525c72", "dark": "#a9b2c7"}
"""The style sheet's soft text, which stands on the brand's wash, too."""

_END = {"light": "#000000", "dark": "#ffffff"}


@cache
def brand_tokens(brand: str, brand_dark: str | None = None) -> Mapping[str, str]:
    """The four brand tokens of `ppkit.css` for a colour ("#rrggbb"), by name, as values of CSS.

    `brand_dark` is the dark theme's, by default the same colour. A colour that can be read stays as it is.
    """
    light, dark = _readable(brand, "light"), _readable(brand_dark or brand, "dark")
    return {f"--pp-{name}": f"light-dark({light[name]}, {dark[name]})" for name in light}


def contrast(one: str, other: str) -> float:
    """Of two colours, by WCAG 2.2: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, theme: str) -> dict[str, str]:
    """The first step towards black (in the light theme) or white that everything can be read in."""
    for step in range(STEPS + 1):
        brand = _mixed(colour.lower(), _END[theme], step / STEPS)
        found = _tokens(brand, theme)
        if found:
            return found
    raise AssertionError("black and white can be read")


def _tokens(brand: str, theme: str) -> dict[str, str] | None:
    """The tokens around this colour; None where one of the pairs that meet cannot be read."""
    paper, wash = GROUNDS[theme]
    strong, brand_wash = _mixed(brand, _END[theme], 0.25), _mixed(paper, brand, 0.08)
    ink = next((ink for ink in INKS[theme] if contrast(ink, brand) >= ENOUGH), None)
    if ink is None or contrast(ink, strong) < ENOUGH or contrast(SOFT[theme], brand_wash) < ENOUGH:
        return None
    if any(
        contrast(text, ground) < ENOUGH for text in (brand, strong) for ground in (paper, wash, brand_wash)
    ):
        return None
    return {"brand": brand, "brand-strong": strong, "brand-ink": ink, "brand-wash": brand_wash}


def _mixed(one: str, other: str, share: float) -> str:
    """So much of the way from one colour to the other."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in _parts(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

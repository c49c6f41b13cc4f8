"""What our PDFs share: the typeface that travels with the package, what it lacks, and the practice frame."""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

# reportlab takes a third of a second to load: only when somebody asks for a PDF, so every import of it stands
# inside a function.

Weight = Literal["Regular", "Bold"]
REGULAR, BOLD = "NotoSans", "NotoSans-Bold"
INK, SOFT, LINE, AMBER, AMBER_WASH = "#1b2233", "#525c72", "#dbe0ea", "#744900", "#fff2d1"
GREEN, BRAND = "#12693c", "#4340c4"
MARGIN = 56  # points
BAND = 64  # points
PADDING = 6  # points that reportlab leaves inside its margins
LONGEST_LINE = 200
MISSING = "?"
BANNER = "PRACTICE / PRATICA"


def typeface(weight: Weight) -> bytes:
    """Noto Sans, a subset for Latin, Greek and Cyrillic (SIL Open Font License)."""
    return resources.files("ppkit.look").joinpath(f"fonts/NotoSans-{weight}.ttf").read_bytes()


@cache
def fonts() -> tuple[TTFont, TTFont]:
    """Regular and bold, known to reportlab by name."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    regular = TTFont(REGULAR, io.BytesIO(typeface("Regular")))
    bold = TTFont(BOLD, io.BytesIO(typeface("Bold")))
    registerFont(regular)
    registerFont(bold)
    return regular, bold


def style(
    size: int, font: str = REGULAR, color: str = INK, space_after: int = 2, *, at_right: bool = False
) -> ParagraphStyle:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        f"{font} {size}",
        fontName=font,
        fontSize=size,
        leading=size * 1.4,
        textColor=HexColor(color),
        spaceAfter=space_after,
        alignment=2 if at_right else 0,
    )


def draw_practice_frame(canvas: Canvas, sentence: str) -> None:
    """The band that says what this page is not, and the pale word across it."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.pagesizes import A4

    width, height = A4
    canvas.saveState()
    canvas.setFillColor(HexColor(AMBER_WASH))
    canvas.rect(0, height - BAND, width, BAND, stroke=0, fill=1)
    canvas.saveState()
    canvas.translate(width / 2, height / 2)
    canvas.rotate(52)
    canvas.setFont(BOLD, 64)
    canvas.setFillAlpha(0.75)
    canvas.drawCentredString(0, 0, BANNER)
    canvas.restoreState()
    canvas.setFillColor(HexColor(AMBER))
    canvas.setFont(BOLD, 16)
    canvas.drawString(MARGIN, height - 30, BANNER)
    canvas.setFont(REGULAR, 10)
    canvas.drawString(MARGIN, height - 48, sentence)
    canvas.restoreState()


def draw_foot(canvas: Canvas, left: str, right: str) -> None:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.pagesizes import A4

    canvas.saveState()
    canvas.setFillColor(HexColor(SOFT))
    canvas.setFont(REGULAR, 9)
    canvas.drawString(MARGIN, 30, left)
    canvas.drawRightString(A4[0] - MARGIN, 30, right)
    canvas.restoreState()


def drawn(text: str) -> str:
    """The beginning of the text, with "?" for each sign that the font lacks."""
    cut = text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
    return "".join(MISSING if has_missing(sign) else sign for sign in cut if not _is_mark(sign))


def has_missing(text: str) -> bool:
    return any(sign not in _drawable() and not sign.isspace() for sign in text)


def _is_mark(sign: str) -> bool:
    """What changes the sign before it or the direction: nothing to see by itself, unless the font has it."""
    return unicodedata.category(sign) in ("Mn", "Me", "Cf", "Cc") and sign not in _drawable()


@cache
def _drawable() -> frozenset[str]:
    """What both weights have a drawing for."""
    regular, bold = (set(font.face.charToGlyph) for font in fonts())
    return frozenset(map(chr, regular & bold)) - {"\x00", "\uffff"}

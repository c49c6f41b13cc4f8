"""A paper as one picture, as long as it needs to be: for a message or a slide.

reportlab draws pictures only with a further package, and no maintained one that turns SVG into pixels is
part of ours; Pillow is, for the Assistant's images, and knows our typeface.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ppkit.look.charts import TALLEST
from ppkit.look.pdf import AMBER, AMBER_WASH, BANNER, INK, LINE, SOFT, Weight, drawn, typeface
from ppkit.look.stacked_chart import StackedChart
from ppkit.look.svg_chart import COLOURS
from ppkit.papers.paper import Letterhead, Paper, Section

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, MARGIN, CHART, SCALE = 1240, 64, 300, 150
INSIDE = WIDTH - 2 * MARGIN
LONGEST = 12_000
"""Pixels from top to bottom: what is longer is a table for a spreadsheet, and is cut here."""


def picture_of(paper: Paper) -> bytes:
    """A PNG, 1,240 pixels wide."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, LONGEST), "white")
    end = _Sheet(ImageDraw.Draw(image)).draw(paper, image)
    output = io.BytesIO()
    image.crop((0, 0, WIDTH, min(end + MARGIN, LONGEST))).save(output, "PNG", optimize=True)
    return output.getvalue()


class _Sheet:
    """Draws from top to bottom; `_at` is how far down it has come."""

    def __init__(self, draw: ImageDraw) -> None:
        self._draw = draw
        self._at = MARGIN

    def draw(self, paper: Paper, image: object) -> int:
        if paper.mode == "practice":
            self._draw.rectangle((0, 0, WIDTH, 84), fill=AMBER_WASH)
            self._write(BANNER, 26, AMBER, "Bold", at=16)
            self._write(paper.band, 20, AMBER, at=48)
            self._at = 84 + 40
        if paper.letterhead:
            self._head(paper.letterhead, image)
        self._paragraph(paper.title, 40, "Bold")
        self._paragraph(paper.lead, 22, color=SOFT)
        if paper.hero:
            self._paragraph(paper.hero, 48, "Bold")
            self._paragraph(paper.after_hero, 22)
        for section in paper.sections:
            self._section(section)
        self._at += 16
        self._paragraph(paper.foot, 18, color=SOFT)
        return self._at

    def _head(self, head: Letterhead, image: object) -> None:
        from PIL import Image

        left, tall = MARGIN, 72
        if head.logo:
            with Image.open(io.BytesIO(head.logo)) as opened:
                opened.thumbnail((320, tall))
                logo = opened.convert("RGBA")
            assert isinstance(image, Image.Image)
            image.paste(logo, (left, self._at + (tall - logo.height) // 2), logo)
            left += logo.width + 24
        self._write(head.name, 30, INK, "Bold", at=self._at + 18, left=left)
        self._at += tall + 12
        self._draw.rectangle((MARGIN, self._at, WIDTH - MARGIN, self._at + 3), fill=head.colour or LINE)
        self._at += 32

    def _section(self, section: Section) -> None:
        self._at += 20
        self._paragraph(section.heading, 28, "Bold")
        for label, value, remark in section.facts:
            self._row((label, value), (0.38, 0.62), (), (SOFT, INK))
            if remark:
                self._row(("", remark), (0.38, 0.62), (), (SOFT, SOFT), size=18)
        if section.chart:
            self._chart(section.chart)
        if section.rows:
            shares = _shares(len(section.head), section.numbers)
            self._row(section.head, shares, section.numbers, (SOFT,) * len(section.head), size=18)
            for row in section.rows:
                self._line()
                self._row(row, shares, section.numbers, (INK,) * len(row))
        for sentence in section.sentences:
            self._paragraph(f"•  {sentence}", 20)

    def _chart(self, chart: StackedChart) -> None:
        left, top, foot = MARGIN + SCALE, self._at + 8, self._at + 8 + CHART
        for share in range(4):
            height = top + CHART * share // 3
            self._draw.line((left, height, WIDTH - MARGIN, height), fill=LINE)
        self._write(chart.top, 18, SOFT, at=top - 6, left=MARGIN)
        self._write("0", 18, SOFT, at=foot - 22, left=MARGIN)
        step = (WIDTH - MARGIN - left) / max(len(chart.columns), 1)
        wide = min(step * 0.8, 90)
        for number, stack in enumerate(chart.stacks):
            begin = left + step * number + (step - wide) / 2
            for part in stack.parts:
                upper, tall = (CHART * size / TALLEST for size in (part.top, part.height))
                box = (begin, top + upper, begin + wide, top + upper + max(tall - 1, 1))
                self._draw.rectangle(box, fill=COLOURS[part.series])
        longest = max((len(column) for column in chart.columns), default=1) * 11 + 16
        for number in range(0, len(chart.columns), max(1, -int(-longest // step))):
            middle = left + step * (number + 0.5)
            words = drawn(chart.columns[number])
            self._draw.text((middle, foot + 8), words, fill=SOFT, font=_font(18, "Regular"), anchor="ma")
        self._at = foot + 44
        for number, (name, amount) in enumerate(chart.legend):
            self._draw.rectangle((left, self._at + 4, left + 20, self._at + 24), fill=COLOURS[number])
            self._write(f"{name[:70]}   {amount}", 20, INK, at=self._at, left=left + 32)
            self._at += 34
        self._at += 8

    def _row(
        self,
        cells: tuple[str, ...],
        shares: tuple[float, ...],
        numbers: tuple[int, ...],
        colors: tuple[str, ...],
        size: int = 20,
    ) -> None:
        """As tall as its tallest cell."""
        left, tallest = float(MARGIN), 0
        for place, (cell, share, color) in enumerate(zip(cells, shares, colors, strict=False)):
            wide = INSIDE * share
            lines = list(_wrapped(drawn(cell), _font(size, "Regular"), wide - 16))
            for number, line in enumerate(lines):
                at = self._at + 8 + number * int(size * 1.4)
                right = place in numbers
                where = (left + wide - 8, at) if right else (left, at)
                font = _font(size, "Regular")
                self._draw.text(where, line, fill=color, font=font, anchor="ra" if right else "la")
            tallest = max(tallest, len(lines) * int(size * 1.4))
            left += wide
        self._at += tallest + 16

    def _line(self) -> None:
        self._draw.line((MARGIN, self._at, WIDTH - MARGIN, self._at), fill=LINE)

    def _paragraph(self, words: str, size: int, weight: Weight = "Regular", color: str = INK) -> None:
        for line in _wrapped(drawn(words), _font(size, weight), INSIDE):
            self._write(line, size, color, weight, at=self._at)
            self._at += int(size * 1.4)
        self._at += 6

    def _write(
        self, words: str, size: int, color: str, weight: Weight = "Regular", *, at: int, left: int = MARGIN
    ) -> None:
        self._draw.text((left, at), drawn(words), fill=color, font=_font(size, weight))


def _shares(count: int, numbers: tuple[int, ...]) -> tuple[float, ...]:
    narrow = min(0.6 / max(len(numbers), 1), 0.24)
    wide = (1 - narrow * len(numbers)) / max(count - len(numbers), 1)
    return tuple(narrow if place in numbers else wide for place in range(count))


def _wrapped(text: str, font: FreeTypeFont, wide: float) -> Iterator[str]:
    """Lines that fit; a word that is longer than a line is broken."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= wide:
            line = longer
            continue
        if line:
            yield line
        while font.getlength(word) > wide and len(word) > 1:
            fits = next(
                size
                for size in range(len(word) - 1, 0, -1)
                if font.getlength(word[:size]) <= wide or size == 1
            )
            yield word[:fits]
            word = word[fits:]  # noqa: PLW2901
        line = word
    if line:
        yield line


@cache
def _font(size: int, weight: Weight) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(io.BytesIO(typeface(weight)), size)

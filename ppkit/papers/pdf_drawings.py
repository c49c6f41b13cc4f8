"""What a PDF draws beside words: a chart, and the letterhead."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from ppkit.look.charts import TALLEST
from ppkit.look.pdf import BOLD, LINE, REGULAR, SOFT, drawn, style
from ppkit.look.stacked_chart import StackedChart
from ppkit.look.svg_chart import COLOURS
from ppkit.papers.paper import Letterhead

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Drawing
    from reportlab.platypus import Flowable

# As for every PDF, reportlab is imported only where one is made.

WIDTH, HEIGHT, LEFT, FOOT, LINE_HEIGHT = 483, 140, 62, 18, 14
LOGO_HEIGHT, LOGO_WIDTH = 42, 170


def letterhead(head: Letterhead) -> list[Flowable]:
    """The picture, the name beside or alone, and a line below in the agency's colour."""
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Image, Paragraph, Spacer, Table

    name = Paragraph(escape(drawn(head.name)), style(13, BOLD))
    cells: list[Flowable] = [name]
    widths: list[float | str] = ["*"]
    if head.logo:
        picture = Image(io.BytesIO(head.logo))
        scale = min(LOGO_HEIGHT / picture.imageHeight, LOGO_WIDTH / picture.imageWidth)
        picture.drawHeight, picture.drawWidth = picture.imageHeight * scale, picture.imageWidth * scale
        cells, widths = [picture, name], [picture.drawWidth + 12, "*"]
    table = Table([cells], colWidths=widths)
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (0, 0), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 2, HexColor(head.colour or LINE)),
        ]
    )
    return [table, Spacer(1, 14)]


def drawing_of(chart: StackedChart) -> Drawing:
    """The same columns as on a web page, with the legend below."""
    from reportlab.graphics.shapes import Drawing, Line, Rect, String
    from reportlab.lib.colors import HexColor

    low = FOOT + LINE_HEIGHT * len(chart.series) + 8
    drawing = Drawing(WIDTH, low + HEIGHT + 10)
    for share in range(4):
        height = low + HEIGHT * share / 3
        drawing.add(Line(LEFT, height, WIDTH, height, strokeColor=HexColor(LINE), strokeWidth=0.5))

    def filled(left: float, bottom: float, wide: float, tall: float, series: int) -> Rect:
        box = Rect(left, bottom, wide, tall)
        box.fillColor, box.strokeColor = HexColor(COLOURS[series]), None
        return box

    def write(left: float, base: float, words: str, anchor: Literal["start", "middle", "end"]) -> None:
        grey, words = HexColor(SOFT), drawn(words)
        drawing.add(
            String(left, base, words, fontName=REGULAR, fontSize=8, fillColor=grey, textAnchor=anchor)
        )

    write(LEFT - 6, low + HEIGHT - 4, chart.top, "end")
    write(LEFT - 6, low - 3, "0", "end")
    step = (WIDTH - LEFT) / max(len(chart.columns), 1)
    wide = min(step * 0.8, 40)
    for number, stack in enumerate(chart.stacks):
        for part in stack.parts:
            bottom = low + HEIGHT * (TALLEST - part.top - part.height) / TALLEST
            left, tall = LEFT + step * number + (step - wide) / 2, HEIGHT * part.height / TALLEST
            drawing.add(filled(left, bottom, wide, tall, part.series))
    longest = max((len(column) for column in chart.columns), default=1) * 4.6 + 8
    for number in range(0, len(chart.columns), max(1, -int(-longest // step))):
        write(LEFT + step * (number + 0.5), low - 13, chart.columns[number], "middle")
    for number, (name, amount) in enumerate(chart.legend):
        base = low - FOOT - LINE_HEIGHT * (number + 1) + 4
        drawing.add(filled(LEFT, base - 1, 9, 9, number))
        write(LEFT + 16, base, f"{name[:60]}  {amount}", "start")
    return drawing

"""A paper as a PDF, with the typeface and the practice frame of our other PDFs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ppkit.look.pdf import (
    BAND,
    BANNER,
    BOLD,
    BRAND,
    INK,
    LINE,
    MARGIN,
    PADDING,
    REGULAR,
    SOFT,
    draw_foot,
    draw_practice_frame,
    drawn,
    fonts,
    style,
)
from ppkit.look.texts import Texts
from ppkit.papers.paper import Paper, Section
from ppkit.papers.pdf_drawings import drawing_of, letterhead

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable, SimpleDocTemplate

# As for the invoices, reportlab is imported only where a PDF is made.


def pdf_of(paper: Paper) -> bytes:
    """A4; in practice with "PRACTICE / PRATICA" on top and across every page."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    fonts()
    texts, output = Texts(paper.language), io.BytesIO()
    is_practice = paper.mode == "practice"
    document = SimpleDocTemplate(
        output,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN + (BAND if is_practice else 0),
        bottomMargin=MARGIN,
        title=f"{BANNER}: {paper.title}" if is_practice else paper.title,
        author="ppkit",
        lang=paper.language,
        invariant=1,
    )

    def frame(canvas: Canvas, document: SimpleDocTemplate) -> None:
        if is_practice:
            draw_practice_frame(canvas, paper.band)
        draw_foot(canvas, paper.foot, texts("papers.page", page=document.page))

    document.build(_story(paper), onFirstPage=frame, onLaterPages=frame)
    return output.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    from reportlab.platypus import Paragraph

    story: list[Flowable] = letterhead(paper.letterhead) if paper.letterhead else []
    story.append(Paragraph(_set(paper.title), style(22, BOLD, space_after=4)))
    story.append(Paragraph(_set(paper.lead), style(11, REGULAR, SOFT, space_after=12)))
    if paper.hero:
        story.append(Paragraph(_set(paper.hero), style(28, BOLD, BRAND, space_after=8)))
        story.append(Paragraph(_set(paper.after_hero), style(12, space_after=12)))
    for section in paper.sections:
        story += _section(section)
    return story


def _section(section: Section) -> list[Flowable]:
    from reportlab.platypus import Paragraph, Spacer

    body: list[Flowable] = []
    if section.facts:
        body.append(_facts(section.facts))
    if section.chart:
        body.append(drawing_of(section.chart))
    if section.rows:
        body.append(_table(section))
    body += [
        Paragraph(f"•&nbsp;&nbsp;{_set(sentence)}", style(10, space_after=4))
        for sentence in section.sentences
    ]
    heading = style(13, BOLD, space_after=4)
    heading.keepWithNext = 1
    return [Spacer(1, 10), Paragraph(_set(section.heading), heading), *body]


def _facts(facts: tuple[tuple[str, str, str], ...]) -> Flowable:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Paragraph, Table

    rows = [
        (
            Paragraph(_set(label), style(10, REGULAR, SOFT)),
            [
                Paragraph(_set(value), style(10, BOLD)),
                *([Paragraph(_set(remark), style(9, REGULAR, SOFT))] if remark else []),
            ],
        )
        for label, value, remark in facts
    ]
    table = Table(rows, colWidths=["32%", "68%"])
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return table


def _table(section: Section) -> Flowable:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Paragraph, Table

    def cells(row: tuple[str, ...], color: str) -> list[Flowable]:
        return [
            Paragraph(_set(cell), style(9, REGULAR, color, at_right=place in section.numbers))
            for place, cell in enumerate(row)
        ]

    rows = [cells(section.head, SOFT), *(cells(row, INK) for row in section.rows)]
    table = Table(rows, colWidths=_widths(section), repeatRows=1)
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    return table


def _widths(section: Section) -> list[str]:
    """Texts take more room than numbers."""
    if not section.numbers:
        return ["46%", "33%", "21%"]
    count, numbers = len(section.head), len(section.numbers)
    narrow = min(60 // max(numbers, 1), 24)
    wide = (100 - narrow * numbers) // max(count - numbers, 1)
    return [f"{narrow if place in section.numbers else wide}%" for place in range(count)]


def _set(text: str) -> str:
    """As reportlab reads it, without what the typeface cannot draw."""
    return escape(drawn(text))

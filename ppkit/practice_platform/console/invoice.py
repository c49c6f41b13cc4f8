"""The invoice of a practice purchase as a PDF that cannot be taken for a real one."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.practice_platform.rows import Invoice

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable, SimpleDocTemplate

# reportlab takes a third of a second to load: only when somebody asks for an invoice, so every import of it
# stands inside a function.

REGULAR, BOLD = "NotoSans", "NotoSans-Bold"
INK, SOFT, LINE, AMBER, AMBER_WASH = "#1b2233", "#525c72", "#dbe0ea", "#744900", "#fff2d1"
MARGIN = 56  # points
BAND = 64  # points
PADDING = 6  # points that reportlab leaves inside its margins
LONGEST_LINE = 200
MOST_ADDRESS_LINES = 8
MISSING = "?"
BANNER = "PRACTICE / PRATICA"


def invoice_pdf(invoice: Invoice, language: str) -> bytes:
    """A4 with "PRACTICE / PRATICA" across each page.

    Of very long names and addresses the beginning is set. Signs that the font lacks (emoji, other scripts)
    become "?", and a line says so.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    fonts()
    texts, output = Texts(language), io.BytesIO()
    document = SimpleDocTemplate(
        output,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN + BAND,
        bottomMargin=MARGIN,
        title=f"{BANNER}: {invoice.purchase.invoice}",
        author=texts("console.name"),
        subject=texts("console.invoice.no_tax_document"),
        lang=language,
        invariant=1,
    )

    def frame(canvas: Canvas, document: SimpleDocTemplate) -> None:
        draw_frame(canvas, document.page, texts)

    document.build(_story(invoice, texts), onFirstPage=frame, onLaterPages=frame)
    return output.getvalue()


@cache
def fonts() -> tuple[TTFont, TTFont]:
    """Regular and bold of the Noto Sans that travels with the package, known to reportlab by name."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    folder = resources.files("ppkit.practice_platform").joinpath("data")
    regular, bold = (
        TTFont(name, io.BytesIO(folder.joinpath(f"NotoSans-{weight}.ttf").read_bytes()))
        for name, weight in ((REGULAR, "Regular"), (BOLD, "Bold"))
    )
    registerFont(regular)
    registerFont(bold)
    return regular, bold


def draw_frame(canvas: Canvas, page: int, texts: Texts) -> None:
    """What is on every page: the band that says what this is not, the pale word across, the foot."""
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
    canvas.drawString(MARGIN, height - 48, texts("console.invoice.no_tax_document"))
    canvas.setFillColor(HexColor(SOFT))
    canvas.setFont(REGULAR, 9)
    canvas.drawString(MARGIN, 30, texts("console.invoice.foot"))
    canvas.drawRightString(width - MARGIN, 30, texts("console.invoice.page", page=page))
    canvas.restoreState()


def _story(invoice: Invoice, texts: Texts) -> list[Flowable]:
    from reportlab.platypus import Paragraph, Spacer

    purchase = invoice.purchase
    heading = Paragraph(texts("console.invoice.title"), _style(22, BOLD, space_after=4))
    number = Paragraph(escape(purchase.invoice), _style(12, BOLD, SOFT, space_after=16))
    facts = [
        (texts("console.invoice.date"), formats.date(purchase.created_at, texts.language, "long")),
        (texts("console.invoice.paid_with"), purchase.card.replace(" ", " •••• ")),
        (texts("console.invoice.purchase"), purchase.id),
        (texts("console.invoice.from"), texts("console.name")),
    ]
    return [
        heading,
        number,
        *(_fact(label, value) for label, value in facts),
        Spacer(1, 16),
        *_billed_to(invoice, texts),
        Spacer(1, 16),
        _lines(invoice, texts),
        Spacer(1, 16),
        Paragraph(texts("console.invoice.vat"), _style(9, REGULAR, SOFT)),
        Paragraph(texts("console.invoice.nothing_charged"), _style(9, REGULAR, SOFT)),
    ]


def _style(size: int, font: str = REGULAR, color: str = INK, space_after: int = 2) -> ParagraphStyle:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        f"{font} {size}",
        fontName=font,
        fontSize=size,
        leading=size * 1.4,
        textColor=HexColor(color),
        spaceAfter=space_after,
    )


def _billed_to(invoice: Invoice, texts: Texts) -> list[Flowable]:
    """Name, address, VAT number; the organization too when the company has another name."""
    from reportlab.platypus import Paragraph

    first = Paragraph(escape(drawn(invoice.company or invoice.organization)), _style(11, BOLD))
    address = invoice.address.splitlines()[:MOST_ADDRESS_LINES]
    found: list[Flowable] = [
        Paragraph(texts("console.invoice.billed_to"), _style(9, REGULAR, SOFT)),
        first,
        *(Paragraph(escape(drawn(line)), _style(11)) for line in address),
    ]
    if invoice.vat_number:
        found.append(_fact(texts("console.label.vat_number"), invoice.vat_number))
    if invoice.company:
        found.append(_fact(texts("console.label.organization_name"), drawn(invoice.organization)))
    if any(has_missing(text) for text in (invoice.company, invoice.organization, invoice.address)):
        found.append(Paragraph(texts("console.invoice.missing"), _style(9, REGULAR, SOFT)))
    return found


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


def _fact(label: str, value: str) -> Flowable:
    from reportlab.platypus import Paragraph

    return Paragraph(f'<font color="{SOFT}">{escape(label)}:</font> {escape(value)}', _style(10))


def _lines(invoice: Invoice, texts: Texts) -> Flowable:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table

    amount = formats.money(invoice.purchase.amount, texts.language)
    rows: Sequence[tuple[str, str]] = (
        (texts("console.invoice.item"), texts("console.invoice.amount")),
        (texts(f"console.invoice.{invoice.purchase.kind}_item"), amount),
        (texts("console.invoice.total"), amount),
    )
    return Table(
        rows,
        colWidths=["75%", "25%"],
        style=[
            ("FONT", (0, 0), (-1, -1), REGULAR, 11),
            ("FONT", (0, 0), (-1, 0), REGULAR, 9),
            ("FONT", (0, -1), (-1, -1), BOLD, 11),
            ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(INK)),
            ("TEXTCOLOR", (0, 0), (-1, 0), HexColor(SOFT)),
            ("ALIGN", (1, 0), (1, -1), "RIGHT"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.75, HexColor(LINE)),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
        ],
    )

"""The invoice of a practice purchase as a PDF that cannot be taken for a real one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ppkit.look import formats
from ppkit.look.pdf import (
    BAND,
    BANNER,
    BOLD,
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
    has_missing,
    style,
)
from ppkit.look.texts import Texts
from ppkit.practice_platform.rows import Invoice

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable, SimpleDocTemplate

# reportlab takes a third of a second to load: only when somebody asks for an invoice, so every import of it
# stands inside a function.

MOST_ADDRESS_LINES = 8


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


def draw_frame(canvas: Canvas, page: int, texts: Texts) -> None:
    """What is on every page: the band that says what this is not, the pale word across, the foot."""
    draw_practice_frame(canvas, texts("console.invoice.no_tax_document"))
    draw_foot(canvas, texts("console.invoice.foot"), texts("console.invoice.page", page=page))


def _story(invoice: Invoice, texts: Texts) -> list[Flowable]:
    from reportlab.platypus import Paragraph, Spacer

    purchase = invoice.purchase
    heading = Paragraph(texts("console.invoice.title"), style(22, BOLD, space_after=4))
    number = Paragraph(escape(purchase.invoice), style(12, BOLD, SOFT, space_after=16))
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
        Paragraph(texts("console.invoice.vat"), style(9, REGULAR, SOFT)),
        Paragraph(texts("console.invoice.nothing_charged"), style(9, REGULAR, SOFT)),
    ]


def _billed_to(invoice: Invoice, texts: Texts) -> list[Flowable]:
    """Name, address, VAT number; the organization too when the company has another name."""
    from reportlab.platypus import Paragraph

    first = Paragraph(escape(drawn(invoice.company or invoice.organization)), style(11, BOLD))
    address = invoice.address.splitlines()[:MOST_ADDRESS_LINES]
    found: list[Flowable] = [
        Paragraph(texts("console.invoice.billed_to"), style(9, REGULAR, SOFT)),
        first,
        *(Paragraph(escape(drawn(line)), style(11)) for line in address),
    ]
    if invoice.vat_number:
        found.append(_fact(texts("console.label.vat_number"), invoice.vat_number))
    if invoice.company:
        found.append(_fact(texts("console.label.organization_name"), drawn(invoice.organization)))
    if any(has_missing(text) for text in (invoice.company, invoice.organization, invoice.address)):
        found.append(Paragraph(texts("console.invoice.missing"), style(9, REGULAR, SOFT)))
    return found


def _fact(label: str, value: str) -> Flowable:
    from reportlab.platypus import Paragraph

    return Paragraph(f'<font color="{SOFT}">{escape(label)}:</font> {escape(value)}', style(10))


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

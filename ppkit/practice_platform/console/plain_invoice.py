"""The invoice of a paid purchase as plain text, where nothing is installed that draws a PDF."""

from __future__ import annotations

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.practice_platform.rows import Invoice


def invoice_text(invoice: Invoice, language: str) -> bytes:
    """What the PDF says, in UTF-8; its first line says what this is not."""
    texts, purchase = Texts(language), invoice.purchase
    amount = formats.money(purchase.amount, language)
    whom = [invoice.company or invoice.organization, *invoice.address.splitlines()]
    if invoice.vat_number:
        whom.append(f"{texts('console.label.vat_number')}: {invoice.vat_number}")
    if invoice.company:
        whom.append(f"{texts('console.label.organization_name')}: {invoice.organization}")
    parts = (
        [texts("console.invoice.no_tax_document")],
        [texts("console.invoice.title"), purchase.invoice],
        [
            f"{texts('console.invoice.date')}: {formats.date(purchase.created_at, language, 'long')}",
            f"{texts('console.invoice.paid_with')}: {purchase.card.replace(' ', ' •••• ')}",
            f"{texts('console.invoice.purchase')}: {purchase.id}",
            f"{texts('console.invoice.from')}: {texts('console.name')}",
        ],
        [f"{texts('console.invoice.billed_to')}:", *whom],
        [
            f"{texts(f'console.invoice.{purchase.kind}_item')}: {amount}",
            f"{texts('console.invoice.total')}: {amount}",
        ],
        [texts("console.invoice.vat"), texts("console.invoice.nothing_charged")],
    )
    return ("\n\n".join("\n".join(part) for part in parts) + "\n").encode()

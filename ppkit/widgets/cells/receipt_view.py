"""The receipt of a cell, drawn below it; where nothing is drawn, as text."""

from __future__ import annotations

from ppkit.look.texts import Texts
from ppkit.runs import RunReceipt, receipt_text
from ppkit.runs.receipt_text import heading, limit_line, notes
from ppkit.widgets.base.view import View
from ppkit.widgets.base.window_templates import page_of


class ReceiptView(View):
    """Tells and asks nothing."""

    def __init__(self, receipt: RunReceipt, texts: Texts) -> None:
        page = page_of(
            texts.language,
            "run_receipt",
            {
                "receipt": receipt,
                "heading": heading(receipt, texts),
                "notes": notes(receipt, texts),
                "limits": [limit_line(limit, receipt, texts) for limit in receipt.limits],
            },
        )
        super().__init__(fallback=receipt_text(receipt, texts), language=texts.language, html=page)

"""A statement as a spreadsheet: amounts as numbers in USD, and exact as whole pico-dollars beside."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ppkit.extras import require
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.papers.client_statement import ClientStatement
from ppkit.papers.statement_text import statement_paper

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

_MOST_DIGITS = 15
"""What a spreadsheet keeps of a number; a longer one is written as text."""


def workbook_of(facts: ClientStatement, language: str) -> bytes:
    """Three sheets: the statement, by model, by day. Raises ExtraMissing."""
    require("xlsx", "xlsxwriter")
    import xlsxwriter  # type: ignore[import-untyped]

    output = io.BytesIO()
    texts, paper = Texts(language), statement_paper(facts, language)
    # What a cell holds is text or a number, never a formula or a link: names come from many hands.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(output, options)
    bold = book.add_format({"bold": True})
    usd = book.add_format({"num_format": "0.00##########"})
    first = book.add_worksheet(texts("papers.statement.sheet"))
    first.set_column(0, 0, 34)
    first.set_column(1, 1, 26)
    first.set_column(2, 2, 60)
    agency = paper.letterhead.name if paper.letterhead else ""
    practice = "PRACTICE / PRATICA" if facts.mode == "practice" else ""
    head = [line for line in (practice, agency, paper.title, paper.hero, paper.lead) if line]
    for place, line in enumerate(head):
        first.write_string(place, 0, line, bold)
    row = len(head) + 1
    for label, value, remark in paper.sections[0].facts:
        for column, text in enumerate((label, value, remark)):
            first.write_string(row, column, text)
        row += 1
    pico = [("cost_pico_usd", facts.cost), ("markup_pico_usd", facts.added), ("total_pico_usd", facts.total)]
    for pico_name, amount in pico:
        row += 1
        first.write_string(row, 0, pico_name)
        _write_exact(first, row, 1, amount.pico_usd)
    for number, sentence in enumerate(paper.sections[-1].sentences):
        first.write_string(row + 2 + number, 0, sentence)
    for field, report in (("model", facts.by_model), ("day", facts.by_day)):
        sheet = book.add_worksheet(texts(f"costs.column.{field}"))
        sheet.set_column(0, 5, 18)
        names = (field, "cost", "calls", "input_tokens", "output_tokens")
        for column, name in enumerate(names):
            sheet.write_string(0, column, texts(f"costs.column.{name}"), bold)
        sheet.write_string(0, len(names), "cost_pico_usd", bold)
        for place, each in enumerate(report.rows, start=1):
            _write_row(sheet, place, field, each, usd)
    book.close()
    return output.getvalue()


def _write_row(sheet: Worksheet, line: int, field: str, row: dict[str, Any], usd: Any) -> None:
    sheet.write_string(line, 0, str(row[field] or "–"))
    sheet.write_number(line, 1, float(Money(row["cost_pico_usd"]).to_usd()), usd)  # shown, not counted with
    for column, name in enumerate(("calls", "input_tokens", "output_tokens"), start=2):
        sheet.write_number(line, column, row[name])
    _write_exact(sheet, line, 5, row["cost_pico_usd"])


def _write_exact(sheet: Worksheet, line: int, column: int, pico_usd: int) -> None:
    if len(str(pico_usd)) <= _MOST_DIGITS:
        sheet.write_number(line, column, pico_usd)
    else:
        sheet.write_string(line, column, str(pico_usd))

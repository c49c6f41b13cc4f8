"""Tables as files. What a spreadsheet would take for a formula does nothing in either kind.

In a workbook a cell is text by its type, and marked so that editing leaves it one: it holds exactly what a
scheduler posts. A CSV file has no types. There, a text that begins with one of the signs below is given a
space in front: a spreadsheet then leaves it alone, and networks drop a space that a post begins with.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from ppkit.extras import require

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Also in full width, as keyboards for Chinese and Japanese write them."""

LONGEST_CELL = 32_767
"""Of a workbook, in units of UTF-16."""


def begins_like_formula(text: str) -> bool:
    return text.startswith(FORMULA_SIGNS)


def csv_table(rows: Sequence[Sequence[str]]) -> bytes:
    """UTF-8 with its mark, as Excel needs it; every cell quoted; rows end in CRLF, lines in a cell in LF."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([[f" {cell}" if begins_like_formula(cell) else cell for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def xlsx_table(rows: Sequence[Sequence[str]], *, has_header: bool, at: datetime) -> bytes:
    """A workbook of one sheet, every cell a text. Raises ExtraMissing."""
    require("xlsx", "xlsxwriter")
    import xlsxwriter  # type: ignore[import-untyped]  # only who writes a workbook needs it

    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True})
    workbook.set_properties({"created": at.replace(tzinfo=None)})
    wrap = {"text_wrap": True, "valign": "top", "num_format": "@"}
    plain, marked = workbook.add_format(wrap), workbook.add_format({**wrap, "quote_prefix": True})
    sheet = workbook.add_worksheet()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell, marked if begins_like_formula(cell) else plain)
    if has_header:
        sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(map(len, rows), default=1) - 1, 24)
    workbook.close()
    return content.getvalue()


def fits_cell(text: str) -> bool:
    return len(text.encode("utf-16-le")) // 2 <= LONGEST_CELL

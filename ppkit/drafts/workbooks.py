"""Workbooks that people hand over (Excel, LibreOffice), read as rows of texts. They are untrusted."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from typing import Any

from ppkit.drafts.errors import WorkbookUnreadable
from ppkit.extras import require

MOST_BYTES = 50_000_000
"""Of all that is packed in the file: a few kilobytes can unfold to gigabytes."""
MOST_CELLS = 1_000_000
"""Between the first and the last one: the reader makes room for all that lie between two far ones."""
OTHER_KINDS = ("xl/workbook.bin", "content.xml", "mimetype")
"""What a binary workbook or an OpenDocument has: their places are not told in a way that is checked here."""
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]*)(\d{1,20})""")
_ROW = re.compile(rb"<(?:[\w.-]+:)?row\b")
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")


def is_workbook(content: bytes) -> bool:
    """Whether these bytes are a workbook, new (a ZIP) or old (a compound file); a CSV begins with neither."""
    return content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))


def workbook_rows(content: bytes) -> list[tuple[int, list[str]]]:
    """The rows of the first sheet that holds something, each with its number. Formulas are never worked out.

    Raises WorkbookUnreadable, ExtraMissing.
    """
    require("xlsx", "python_calamine")
    from python_calamine import CalamineWorkbook  # lazy: only who reads a workbook needs it

    try:
        _check_size(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            for name in workbook.sheet_names:
                rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                found = [(number, list(map(_text, row))) for number, row in enumerate(rows, 1)]
                if filled := [(number, row) for number, row in found if any(map(str.strip, row))]:
                    return filled
    except Exception as error:  # its reader raises errors of many kinds over a broken file
        raise WorkbookUnreadable from error
    return []


def _check_size(content: bytes) -> None:
    """Raises ValueError, and BadZipFile for what is no .xlsx."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MOST_BYTES:
            raise ValueError("too large")
        names = packed.namelist()
        if any(name.lower() in OTHER_KINDS for name in names):
            raise ValueError("another kind of workbook")
        for name in names:  # a sheet may lie in whatever part the workbook says
            if _area(packed.read(name)) > MOST_CELLS:
                raise ValueError("too many cells")


def _area(part: bytes) -> int:
    """How many cells there can be up to the last row and the last column.

    A row or a cell that does not name its place follows the one before it.
    """
    places = [(match[1].upper(), int(match[2])) for match in _PLACE.finditer(part)]
    columns = max((_number(letters) for letters, _row in places), default=0)
    unplaced = max(len(_CELL.findall(row)) for row in _ROW.split(part))
    named, found = {row for _letters, row in places}, len(_ROW.findall(part))
    rows = max(named, default=0) + (found if found > len(named) else 0)
    return rows * (columns if columns >= unplaced else columns + unplaced)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _text(cell: Any) -> str:
    """As a person would write it: hours without seconds, whole numbers without decimals."""
    match cell:
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M")
        case date():
            return cell.isoformat()
        case time():
            return cell.strftime("%H:%M")
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)

"""Export: drafts become files that another tool takes, with remarks on what it will not find there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Literal

from ppkit.ai_assistant import Rule, breaches
from ppkit.ai_assistant.counting import PACKAGES
from ppkit.drafts.draft import Draft
from ppkit.drafts.draft_documents import ReadImage, markdown_page, zip_archive
from ppkit.drafts.errors import FileNotWritten, FormatNotTaken, NothingToExport, TextTooLongForCell
from ppkit.drafts.layout_fields import TableRow
from ppkit.drafts.layouts import Layout, TableFormat, layout_named
from ppkit.drafts.spreadsheets import LONGEST_CELL, begins_like_formula, csv_table, fits_cell, xlsx_table
from ppkit.extras import is_installed
from ppkit.files import write_private
from ppkit.keys import refuse_keys
from ppkit.look.texts import Texts

RemarkCode = Literal[
    "image_not_public",  # an image that the tool cannot fetch: put it somewhere and give its address
    "images_left_out",  # more of them than the tool takes
    "link_left_out",  # the tool takes an image or a link
    "no_hour",
    "space_in_front",  # of a text that a spreadsheet would take for a formula
    "too_long",  # for its network, as that counts
    "not_counted",  # without the packages that count so
    "drawn_by_ai",  # and the file has no place to say so
    "image_gone",
]
PAGES = ("markdown", "zip")
"""What is no table."""


@dataclass(frozen=True, slots=True)
class ExportRemark:
    """What a person should know of some of the drafts; the texts are "drafts.remark.<code>"."""

    code: RemarkCode
    draft_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """One file, not yet written: a suggested name, its bytes, the drafts and how many rows it holds."""

    name: str
    content: bytes
    rows: int
    draft_ids: tuple[int, ...]
    remarks: tuple[ExportRemark, ...]

    def save(self, folder: Path | str = ".") -> Path:
        """Write it, for its owner alone, over a file of this name. Raises FileNotWritten, KeyInText."""
        refuse_keys("folder", folder)
        path = Path(folder) / self.name
        save_file(path, self.content)
        return path

    def __repr__(self) -> str:
        return f"Export({self.name}, {len(self.content)} bytes, {self.rows} rows)"


def export_drafts(
    drafts: Iterable[Draft],
    name: str,
    file_format: TableFormat | None,
    *,
    texts: Texts,
    read_image: ReadImage,
    at: datetime,
) -> list[Export]:
    """The files of a layout, or "markdown" or "zip".

    Raises UnknownLayout, FormatNotTaken, NothingToExport, TextTooLongForCell, ExtraMissing.
    """
    found = list(drafts)
    if name in PAGES:
        return [_document(found, name, texts, read_image, at)]
    layout = layout_named(name)
    kind = file_format or layout.formats[0]
    if kind not in layout.formats:
        raise FormatNotTaken(layout=layout.label, format=kind, taken=", ".join(layout.formats))
    exports = [
        _table(rows, layout, kind, suffix, at) for suffix, rows in _files(table_rows(found, layout), layout)
    ]
    if not exports:
        raise NothingToExport(layout=layout.label)
    return exports


def save_file(path: Path, content: bytes) -> None:
    """Raises FileNotWritten."""
    try:
        write_private(path, content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileNotWritten(path=str(path), reason=reason) from None


def table_rows(drafts: Iterable[Draft], layout: Layout) -> list[TableRow]:
    """A row for each network, or for each text that several networks share."""
    rows = []
    for draft in drafts:
        if layout.one_network:
            rows += [TableRow(draft, text.text, (name,), layout) for name, text in draft.texts.items()]
            continue
        shared: dict[str, list[str]] = {}
        for name, text in draft.texts.items():
            shared.setdefault(text.text, []).append(name)
        rows += [TableRow(draft, text, tuple(names), layout) for text, names in shared.items()]
    return rows


def _files(rows: Sequence[TableRow], layout: Layout) -> list[tuple[str, list[TableRow]]]:
    """The rows of each file, and how its name tells it from the others."""
    if not layout.one_network:
        return _parts(layout.name, list(rows), layout)
    in_order = sorted(rows, key=lambda row: row.networks)
    return [
        part
        for (network,), group in groupby(in_order, key=lambda row: row.networks)
        for part in _parts(f"{layout.name}-{network}", list(group), layout)
    ]


def _parts(name: str, rows: list[TableRow], layout: Layout) -> list[tuple[str, list[TableRow]]]:
    most = layout.most_rows or max(len(rows), 1)
    parts = [rows[start : start + most] for start in range(0, len(rows), most)]
    return [(f"{name}-{number}" if len(parts) > 1 else name, part) for number, part in enumerate(parts, 1)]


def _table(rows: Sequence[TableRow], layout: Layout, kind: TableFormat, name: str, at: datetime) -> Export:
    cells = [row.cells() for row in rows]
    head = [layout.columns] if layout.has_header else []
    if kind == "csv":
        content = csv_table([*head, *cells])
    else:
        _check_cells(rows)
        content = xlsx_table([*head, *cells], has_header=layout.has_header, at=at)
    return Export(
        name=f"{name}.{kind}",
        content=content,
        rows=len(rows),
        draft_ids=_ids(rows),
        remarks=_remarks(rows, kind, layout),
    )


def _check_cells(rows: Sequence[TableRow]) -> None:
    """Raises TextTooLongForCell: a workbook would be left without the cell."""
    for row in rows:
        if not all(map(fits_cell, row.cells())):
            raise TextTooLongForCell(id=row.draft.id, longest=LONGEST_CELL)


def _remarks(rows: Sequence[TableRow], kind: TableFormat, layout: Layout) -> tuple[ExportRemark, ...]:
    may_count = all(map(is_installed, PACKAGES))
    tests: dict[RemarkCode, Callable[[TableRow], bool]] = {
        "image_not_public": lambda row: any(not image.url for image in row.draft.images),
        "images_left_out": lambda row: (
            sum(bool(image.url) for image in row.draft.images) > layout.most_images
        ),
        "link_left_out": _drops_link,
        "no_hour": lambda row: row.draft.planned is None,
        "space_in_front": lambda row: kind == "csv" and any(map(begins_like_formula, row.cells())),
        "too_long": lambda row: may_count and any(_is_too_long(row, name) for name in row.networks),
        "not_counted": lambda _: not may_count,
        "drawn_by_ai": lambda row: bool(row.ai_notice) and "ai_notice" not in layout.fields,
    }
    found = {code: [row for row in rows if test(row)] for code, test in tests.items()}
    return tuple(ExportRemark(code, _ids(some)) for code, some in found.items() if some)


def _is_too_long(row: TableRow, network: str) -> bool:
    """Also where the text is a caption, which some networks want shorter."""
    found = breaches(row.text, network, has_picture=bool(row.draft.images))
    return any(breach.rule in (Rule.TOO_LONG, Rule.CAPTION_TOO_LONG) for breach in found)


def _drops_link(row: TableRow) -> bool:
    link = row.draft.content.link
    return bool(link) and link not in row.text and link not in row.cells()


def _ids(rows: Iterable[TableRow]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(row.draft.id for row in rows))


def _document(
    drafts: Sequence[Draft], name: str, texts: Texts, read_image: ReadImage, at: datetime
) -> Export:
    """Raises NothingToExport."""
    if not drafts:
        raise NothingToExport(layout=name)
    ids = tuple(draft.id for draft in drafts)
    if name == "markdown":
        content = markdown_page(drafts, texts).encode()
        return Export("drafts.md", content, len(drafts), ids, ())
    layout = layout_named("table")
    table = csv_table([layout.columns, *(row.cells() for row in table_rows(drafts, layout))])
    content, without = zip_archive(drafts, table, read_image, texts, at)
    gone = (ExportRemark("image_gone", tuple(dict.fromkeys(without))),) if without else ()
    return Export("drafts.zip", content, len(drafts), ids, gone)

"""Workbooks of briefs: read as the CSV of the same table, and never a way to fill the memory."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import pytest

from ppkit.drafts.brief_table import read_brief_table
from ppkit.drafts.errors import BriefsWithoutTopic, WorkbookUnreadable
from ppkit.drafts.spreadsheets import xlsx_table
from ppkit.drafts.workbooks import MOST_BYTES, workbook_rows


def workbook(*rows: list[Any], before: list[list[Any]] | None = None) -> bytes:
    made = openpyxl.Workbook()
    sheets = [made.active, made.create_sheet()] if before is not None else [made.active]
    for sheet, lines in zip(sheets, [before, rows] if before is not None else [rows], strict=True):
        for line in lines or []:
            sheet.append(line)  # type: ignore[union-attr]
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def test_a_workbook_is_read_as_people_fill_it_in_dates_and_numbers_too() -> None:
    table = read_brief_table(
        workbook(
            ["Argomento", "Social", "Data", "Ora", "Immagine", "Cliente"],
            ["Saldi", "Instagram", date(2026, 12, 24), time(9, 30), "sì", 2026],
            [None, None, None, None, None, None],
            [
                "Festa",
                "x",
                datetime(2026, 12, 31, 22, 0, tzinfo=UTC).replace(tzinfo=None),
                None,
                None,
                "Bianchi",
            ],
            ["Aperitivo", "myspace", None, None, "alta", ""],
            ["Brunch", "x", None, None, "enorme", ""],
        )
    )
    first, second = table.rows
    assert (first.brief.topic, first.brief.network, first.client, first.image) == (
        *("Saldi", "instagram", "2026", "low"),
    )
    assert (first.planned, second.planned) == (
        datetime(2026, 12, 24, 9, 30),  # noqa: DTZ001
        datetime(2026, 12, 31, 22, 0),  # noqa: DTZ001
    )
    assert [(row.line, row.code) for row in table.faulty] == [(5, "network"), (6, "image")]


def test_what_our_own_export_writes_can_be_read_again() -> None:
    content = xlsx_table(
        [["topic", "network"], ["=1+1", "x"]], has_header=True, at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert [row.brief.topic for row in read_brief_table(content).rows] == ["=1+1"]


def test_empty_sheets_in_front_are_passed_over_and_an_empty_book_has_no_topic() -> None:
    assert len(read_brief_table(workbook(["topic"], ["Saldi"], before=[])).rows) == 1
    with pytest.raises(BriefsWithoutTopic):
        read_brief_table(workbook())


def repacked(content: bytes, change: Any) -> bytes:
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            new.writestr(entry, change(entry, old.read(entry)))
    return output.getvalue()


def assert_refused_unread(content: bytes) -> None:
    """That the file is refused before its reader, which would end the process, sees it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("python_calamine.CalamineWorkbook", None)
        with pytest.raises(WorkbookUnreadable) as refused:
            workbook_rows(content)
    assert isinstance(refused.value.__cause__, ValueError)


def far_away(name: str, content: bytes) -> bytes:
    return re.sub(rb'r="A2"', b'r="XFD1048576"', re.sub(rb'row r="2"', b'row r="1048576"', content))


def swollen(name: str, content: bytes) -> bytes:
    return content + b" " * (MOST_BYTES + 1) if name.endswith("styles.xml") else content


def far_away_in_single_quotes(name: str, content: bytes) -> bytes:
    return re.sub(rb'"((?:XFD)?1048576)"', rb"'\1'", far_away(name, content))


def far_away_with_spaces(name: str, content: bytes) -> bytes:
    return far_away(name, content).replace(b"1048576", b"500000").replace(b'r="XFD', b'r = "xfd')


def far_away_without_places(name: str, content: bytes) -> bytes:
    cells = b'<row r="500000">' + b"<c><v>1</v></c>" * 5_000 + b"</row></sheetData>"
    return content.replace(b"</sheetData>", cells)


@pytest.mark.parametrize(
    "change", [far_away, far_away_in_single_quotes, far_away_with_spaces, far_away_without_places, swollen]
)
def test_a_small_file_that_unfolds_to_gigabytes_is_refused(change: Any) -> None:
    bomb = repacked(workbook(["topic"], ["Saldi"]), change)
    assert len(bomb) < 100_000
    assert_refused_unread(bomb)


def test_a_sheet_in_a_folder_of_another_name_is_looked_at_as_well() -> None:
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["topic"], ["Saldi"]))) as old,
        zipfile.ZipFile(output, "w") as new,
    ):
        for entry in old.namelist():
            content = far_away(entry, old.read(entry)).replace(b"worksheets/sheet", b"tabs/sheet")
            new.writestr(entry.replace("worksheets/sheet", "tabs/sheet"), content)
    assert_refused_unread(output.getvalue())


@pytest.mark.parametrize("name", ["content.xml", "xl/workbook.bin"])
def test_a_kind_of_workbook_whose_places_are_told_otherwise_is_refused(name: str) -> None:
    output = io.BytesIO(workbook(["topic"], ["Saldi"]))
    with zipfile.ZipFile(output, "a") as packed:
        packed.writestr(name, b"")
    assert_refused_unread(output.getvalue())


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", b"PK\x03\x04"]
)
def test_what_is_no_workbook_after_all_is_refused(content: bytes) -> None:
    with pytest.raises(WorkbookUnreadable):
        read_brief_table(content)

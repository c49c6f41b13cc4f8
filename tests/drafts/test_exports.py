"""Exports, read back cell by cell: what a scheduler finds is what was written, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import stat
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.drafts.draft import Draft, clean
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.errors import (
    FileNotWritten,
    FormatNotTaken,
    NothingToExport,
    TextTooLongForCell,
    UnknownLayout,
)
from ppkit.drafts.exports import Export, RemarkCode, export_drafts
from ppkit.drafts.layouts import layouts
from ppkit.drafts.spreadsheets import FORMULA_SIGNS, csv_table, xlsx_table
from ppkit.extras import ExtraMissing
from ppkit.look.texts import Texts

from .conftest import BRIEF, PNG, picture, post

AT = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
FORMULA = '=HYPERLINK("http://evil.example","Clicca")'


def exported(store: DraftStore, drafts: list[Draft], name: str, kind: Any = None) -> list[Export]:
    return export_drafts(drafts, name, kind, texts=Texts("it"), read_image=store.image, at=AT)


def cells_of(export: Export) -> list[list[str]]:
    """The rows, as a scheduler reads them."""
    if export.name.endswith(".csv"):
        return list(csv.reader(io.StringIO(export.content.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(export.content)).active
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]  # type: ignore[union-attr]


def codes(export: Export) -> set[str]:
    return {remark.code for remark in export.remarks}


@pytest.fixture
def planned(store: DraftStore) -> Draft:
    draft = store.new(
        "Saldi",
        {
            "instagram": "Sconti fino al 50%\n\n#saldi",
            "facebook": "Sconti fino al 50%\n\n#saldi",
            "x": "Sconti!",
        },
        client="Bianchi",
        planned="2026-12-24 09:30",
        link="https://negozio.example/saldi",
    )
    draft = store.add_image(draft.id, picture(), alt="Una vetrina", url="https://img.example/a.jpg")
    return store.add_image(
        draft.id, b"\xff\xd8\xffb", alt="Due\nriga || due", url="https://img.example/b.jpg"
    )


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_postpickr_gets_its_four_columns_by_position(store: DraftStore, planned: Draft, kind: str) -> None:
    with_link = store.new(
        "Idea", {"x": "Con un link"}, link="https://negozio.example", planned="2026-01-02 18:00"
    )
    bare = store.new("Altra", {"x": "Senza nulla"})
    facebook, instagram, x = exported(store, [planned, with_link, bare], "postpickr", kind)
    assert [each.name for each in (facebook, instagram, x)] == [
        f"postpickr-{network}.{kind}" for network in ("facebook", "instagram", "x")
    ]
    text = "Sconti fino al 50%\n\n#saldi"
    assert cells_of(facebook) == [[text, "https://img.example/a.jpg", "24/12/2026 09:30", "I"]]
    assert cells_of(instagram) == cells_of(facebook)
    assert cells_of(x) == [
        ["Sconti!", "https://img.example/a.jpg", "24/12/2026 09:30", "I"],
        ["Con un link", "https://negozio.example", "02/01/2026 18:00", "L"],
        ["Senza nulla", "", "", ""],
    ]
    assert codes(x) == {"images_left_out", "link_left_out", "no_hour", "drawn_by_ai"}


def test_a_csv_file_is_what_excel_opens(store: DraftStore, planned: Draft) -> None:
    content = exported(store, [planned], "buffer")[0].content
    assert content.startswith(b"\xef\xbb\xbf")
    assert (
        content
        == (
            '\ufeff"Text","Image URL","Tags","Posting Time"\r\n'
            '"Sconti fino al 50%\n\n#saldi","https://img.example/a.jpg","","2026-12-24 09:30"\r\n'
        ).encode()
    )


def row_of(store: DraftStore, draft: Draft, name: str) -> dict[str, str]:
    head, *rows = cells_of(exported(store, [draft], name)[0])
    return dict(zip(head, rows[0], strict=True))


def test_publer_gets_exactly_its_twelve_columns(store: DraftStore, planned: Draft) -> None:
    row = row_of(store, planned, "publer")
    assert list(row) == list(layouts()["publer"].columns)
    assert len(row) == 12
    assert row["Date - Intl. format or prompt"] == "2026/12/24 09:30"
    assert row["Media URL(s) - Separated by comma"] == "https://img.example/a.jpg,https://img.example/b.jpg"
    assert row["Alt text(s) - Separated by ||"] == "Una vetrina||Due riga | due"
    assert row["Link(s) - Separated by comma for FB carousels"] == "https://negozio.example/saldi"


def test_metricool_gets_a_row_for_each_text_with_the_networks_that_share_it(
    store: DraftStore, planned: Draft
) -> None:
    [export] = exported(store, [planned], "metricool")
    head, shared, alone = cells_of(export)
    assert len(head) == 93
    first, second = dict(zip(head, shared, strict=True)), dict(zip(head, alone, strict=True))
    asked = (
        "Date",
        "Time",
        "Draft",
        "Instagram",
        "Facebook",
        "Twitter/X",
        "Picture Url 2",
        "Alt text picture 1",
    )
    assert [first[name] for name in asked] == [
        *("2026-12-24", "09:30:00", "FALSE", "TRUE", "TRUE", "FALSE"),
        *("https://img.example/b.jpg", "Una vetrina"),
    ]
    assert (second["Text"], second["Twitter/X"], second["Instagram"]) == ("Sconti!", "TRUE", "FALSE")


def test_socialbee_and_highlevel_get_their_hours_and_images(store: DraftStore, planned: Draft) -> None:
    bee = row_of(store, planned, "socialbee")
    assert (bee["postAtSpecificTime"], bee["link"]) == ("2026-12-24T09:30:00", "")  # a link would hide images
    assert bee["imageUrls"] == "https://img.example/a.jpg,https://img.example/b.jpg"
    high = row_of(store, planned, "highlevel")
    assert list(high)[:3] == ["postAtSpecificTime", "content", "link"]
    assert high["postAtSpecificTime"] == "2026-12-24 09:30:00"


def test_hootsuite_and_brightbean(store: DraftStore, planned: Draft) -> None:
    assert cells_of(exported(store, [planned], "hootsuite")[2]) == [
        ["24/12/2026 09:30", "Sconti!", "https://negozio.example/saldi"]
    ]
    bean = row_of(store, planned, "brightbean")
    assert (bean["date"], bean["time"], bean["platforms"]) == ("2026-12-24", "09:30", "instagram,facebook")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_our_own_table_holds_all_that_a_draft_knows(store: DraftStore, kind: str) -> None:
    draft = store.add_image(store.keep(post(), BRIEF, client="Bianchi").id, picture())
    [export] = exported(store, [draft], "table", kind)
    head, cells = cells_of(export)
    row = dict(zip(head, cells, strict=True))
    asked = ("client", "networks", "made_by_ai", "ai_flag", "ai_notice", "credits", "cost_usd")
    assert [row[name] for name in asked] == [
        *("Bianchi", "instagram", "text,image", "is_ai_generated"),
        *("Immagine creata con l’intelligenza artificiale.", "10", "0.000100000000"),
    ]
    assert codes(export) == {"image_not_public", "no_hour"}


def test_what_a_tool_takes_at_most_makes_another_file(store: DraftStore) -> None:
    drafts = [store.new("x", {"x": f"Post {number}"}) for number in range(91)]
    first, second = exported(store, drafts, "highlevel")
    assert [(each.name, each.rows, len(cells_of(each))) for each in (first, second)] == [
        ("highlevel-x-1.csv", 90, 91),
        ("highlevel-x-2.csv", 1, 2),
    ]


@pytest.mark.parametrize("sign", FORMULA_SIGNS[:4])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_no_cell_is_a_formula(store: DraftStore, sign: str, kind: str) -> None:
    text = f"{sign}cmd|' /C calc'!A0"
    draft = store.new(text, {"x": text}, client=text, link="https://a.example")
    [export] = exported(store, [draft], "table", kind)
    head, cells = cells_of(export)
    row = dict(zip(head, cells, strict=True))
    expected = f" {text}" if kind == "csv" else text
    assert {row[name] for name in ("client", "topic", "text")} == {expected}
    assert ("space_in_front" in codes(export)) == (kind == "csv")
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(export.content))
        marked = [cell for row in book.active.iter_rows() for cell in row if cell.value == text]  # type: ignore[union-attr]
        assert {(cell.data_type, cell.quotePrefix, cell.hyperlink) for cell in marked} == {("s", True, None)}


TEXTS = st.builds(lambda sign, text: clean(sign + text), st.sampled_from(("", *FORMULA_SIGNS)), st.text())


@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_csv_table_comes_back_cell_by_cell(rows: list[list[str]]) -> None:
    content = csv_table(rows).decode("utf-8-sig")
    back = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    assert back == [[f" {cell}" if cell.startswith(FORMULA_SIGNS) else cell for cell in row] for row in rows]


@given(rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_workbook_comes_back_cell_by_cell_as_texts(rows: list[list[str]]) -> None:
    content = xlsx_table(rows, has_header=False, at=AT)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column)  # type: ignore[union-attr]
            assert (cell.value or "") == text
            assert cell.data_type == ("s" if text else "n")


@pytest.mark.parametrize("text", ["_x0041_", " spazi  ", "a\tb", "007", "1e5", "TRUE", "24/12/2026"])
def test_what_excel_reads_otherwise_stays_as_it_is(text: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_table([[text]], has_header=False, at=AT))).active
    assert sheet.cell(1, 1).value == text  # type: ignore[union-attr]


def test_a_text_that_no_cell_holds_is_said_and_goes_as_csv(store: DraftStore) -> None:
    draft = store.new("Lungo", {"facebook": "😀" * 20_000})
    with pytest.raises(TextTooLongForCell) as refusal:
        exported(store, [draft], "postpickr")
    assert refusal.value.facts == {"id": draft.id, "longest": 32_767}
    assert cells_of(exported(store, [draft], "postpickr", "csv")[0])[0][0] == "😀" * 20_000


def test_a_text_that_is_too_long_for_its_network_is_told(store: DraftStore) -> None:
    assert "too_long" in codes(exported(store, [store.new("x", {"x": "x" * 281})], "postpickr")[0])
    assert "too_long" not in codes(exported(store, [store.new("x", {"x": "x" * 280})], "postpickr")[0])


@pytest.mark.parametrize(
    ("network", "text", "is_too_long"),
    [
        ("x", "€" * 141, True),  # X counts each of them twice
        ("x", "a" * 250 + " https://example.com/" + "b" * 100, False),  # and a link as 23
        ("youtube", "à" * 2_501, True),  # two bytes each
        ("bluesky", "👩‍👩‍👧‍👦" * 100, False),
    ],
)
def test_a_length_is_judged_as_its_network_counts(
    store: DraftStore, network: str, text: str, is_too_long: bool
) -> None:
    (export,) = exported(store, [store.new("Lungo", {network: text})], "postpickr")
    assert ("too_long" in codes(export)) is is_too_long


def test_beside_an_image_the_limit_is_that_of_a_caption(store: DraftStore) -> None:
    draft = store.new("Lungo", {"telegram": "x" * 1_025})
    assert "too_long" not in codes(exported(store, [draft], "postpickr")[0])
    assert "too_long" in codes(exported(store, [store.add_image(draft.id, PNG)], "postpickr")[0])


def test_where_nothing_counts_as_networks_do_the_file_is_made_and_says_so(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = store.new("x", {"x": "x" * 281})
    monkeypatch.setitem(sys.modules, "grapheme", None)
    found = codes(exported(store, [draft], "postpickr")[0])
    assert "not_counted" in found
    assert "too_long" not in found


def test_what_cannot_be_exported_is_said(store: DraftStore) -> None:
    draft = store.new("Solo un’idea")
    with pytest.raises(NothingToExport):
        exported(store, [draft], "postpickr")
    with pytest.raises(NothingToExport):
        exported(store, [], "zip")
    with pytest.raises(UnknownLayout) as unknown:
        exported(store, [draft], "loomly")
    assert "postpickr" in str(unknown.value.facts["known"])
    with pytest.raises(FormatNotTaken) as refused:
        exported(store, [draft], "buffer", "xlsx")
    assert refused.value.facts == {"layout": "Buffer", "format": "xlsx", "taken": "csv"}


def test_a_page_shows_what_a_model_wrote_and_does_no_more(store: DraftStore) -> None:
    evil = "</pre><script>alert(1)</script>\n````\n# Titolo\n[x](javascript:alert(1))"
    draft = store.keep(post(evil), BRIEF, client="Bianchi <b>&", planned="2026-12-24 09:30")
    draft = store.add_image(draft.id, picture(), alt="a](javascript:x) ![")
    [export] = exported(store, [draft], "markdown")
    page = export.content.decode()
    assert f"`````text\n{evil}\n`````" in page
    assert "\\<b\\>\\&" in page
    assert "24 dic 2026, 09:30" in page
    assert "Immagine: a\\](javascript:x) \\!\\[" in page
    assert "non una consulenza legale" in page


def test_an_archive_holds_page_table_flags_and_images_as_they_were_drawn(
    store: DraftStore, tmp_path: Path
) -> None:
    draft = store.keep(post(), BRIEF)
    draft = store.keep(post("Breve", "x"), BRIEF, into=draft.id)
    draft = store.add_image(draft.id, picture())
    [export] = exported(store, [draft], "zip")
    path = export.save(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["drafts.md", "drafts.csv", "ai.json", f"images/{draft.id}-1.png"]
        assert archive.read(f"images/{draft.id}-1.png") == PNG
        assert f"](images/{draft.id}-1.png)" in archive.read("drafts.md").decode()
        flags = json.loads(archive.read("ai.json"))
    assert [(row["network"], row["flag"]) for row in flags] == [
        ("instagram", {"is_ai_generated": True}),
        ("x", {"made_with_ai": True}),
    ]
    assert flags[0]["made_by_ai"] == {"text": True, "image": True, "alt": False}


def test_without_a_drawn_image_nothing_asks_for_a_flag(store: DraftStore) -> None:
    draft = store.add_image(store.keep(post(), BRIEF).id, PNG, alt="Foto mia")
    with zipfile.ZipFile(io.BytesIO(exported(store, [draft], "zip")[0].content)) as archive:
        [row] = json.loads(archive.read("ai.json"))
    assert (row["flag"], row["notice"], row["made_by_ai"]["text"]) == ({}, "", True)


def test_an_image_that_somebody_took_away_is_told(store: DraftStore) -> None:
    draft = store.add_image(store.new("x", {"x": "y"}).id, PNG)
    (store.file.path.parent / "draft-images" / draft.images[0].file).unlink()
    [export] = exported(store, [draft], "zip")
    assert codes(export) == {"image_gone"}


def test_each_layout_names_fields_that_exist_and_its_own_columns(store: DraftStore, planned: Draft) -> None:
    for layout in layouts().values():
        assert set(layout.fields) <= set(layout.columns)
        for kind in layout.formats:
            assert exported(store, [planned], layout.name, kind)


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_remark_has_its_text(language: str) -> None:
    texts = Texts(language)
    assert all(texts.plural(f"drafts.remark.{code}", 2, tool="PostPickr") for code in get_args(RemarkCode))


def test_the_same_drafts_make_the_same_files(store: DraftStore, planned: Draft, clock: ManualClock) -> None:
    for name in ("postpickr", "zip", "markdown"):
        assert [each.content for each in exported(store, [planned], name)] == [
            each.content for each in exported(store, [planned], name)
        ]


def test_without_the_extra_a_workbook_is_refused_and_a_csv_is_not(
    store: DraftStore, planned: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(ExtraMissing) as missing:
        exported(store, [planned], "postpickr")
    assert missing.value.facts == {"extra": "xlsx", "package": "xlsxwriter"}
    assert exported(store, [planned], "postpickr", "csv")


def test_a_file_that_finds_no_room_is_said_and_the_old_one_stays(
    store: DraftStore, planned: Draft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exported(store, [planned], "buffer")[0]
    before = export.save(tmp_path)

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ppkit.drafts.exports.write_private", full)
    with pytest.raises(FileNotWritten) as refusal:
        export.save(tmp_path)
    assert refusal.value.facts == {"path": str(before), "reason": "No space left on device"}
    assert before.read_bytes() == export.content

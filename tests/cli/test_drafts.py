"""`ppkit drafts`: listed, found, exported and imported, as sentences and as documents."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

import ppkit as package
from ppkit.drafts import Draft

from .conftest import Ppkit

BRIEFS = "topic;network;client;date\nSaldi;x;Bianchi;24/12/2026 09:30\nIdee;myspace;;\nCaffè;;;\n"


def keep(**changes: str) -> Draft:
    draft = package.session().drafts.new("Winter sale", {"x": "Everything half price"}, client="Bianchi")
    return package.session().drafts.edit(draft.id, **changes)  # type: ignore[arg-type]


@pytest.fixture
def briefs(home: Path) -> str:
    Path("briefs.csv").write_text(BRIEFS, encoding="utf-8")
    return "briefs.csv"


def test_without_drafts_it_says_so(ppkit: Ppkit) -> None:
    assert ppkit("drafts", "list").out == "No drafts.\n"
    assert ppkit("drafts", "search", "sale", "--json").json == []


def test_drafts_are_listed_and_found(ppkit: Ppkit) -> None:
    keep(planned="2026-12-24 09:30")
    package.session().drafts.new("x" * 100, client="Verdi")
    out = ppkit("drafts", "list").out
    assert "Dec 24, 2026, 09:30" in out
    assert "Bianchi  Draft" in out
    assert "x" * 47 + "…" in out
    assert [row["topic"] for row in ppkit("drafts", "list", "--client", "Bianchi", "--json").json] == [
        "Winter sale"
    ]
    assert [row["client"] for row in ppkit("drafts", "list", "--status", "idea", "--json").json] == ["Verdi"]
    assert [row["texts"] for row in ppkit("drafts", "search", "half", "winter", "--json").json] == [
        {"x": "Everything half price"}
    ]


def test_an_export_for_postpickr_is_written_told_and_marked(ppkit: Ppkit) -> None:
    draft = keep(planned="2026-12-24 09:30")
    ran = ppkit("drafts", "export", "--to", "out")
    assert ran.out == "out/postpickr-x.xlsx: 1 row.\n"
    sheet = openpyxl.load_workbook("out/postpickr-x.xlsx").active
    assert [cell.value for cell in next(sheet.iter_rows())] == [  # type: ignore[union-attr]
        *("Everything half price", None, "24/12/2026 09:30")
    ]
    assert package.session().drafts.get(draft.id).status == "exported"
    assert ppkit("drafts", "export", "--status", "draft").code == 2


def test_what_an_export_does_not_hold_is_told(ppkit: Ppkit) -> None:
    first, second = keep(link="https://shop.example"), keep(link="https://shop.example")
    ran = ppkit("drafts", "export", str(first.id), str(second.id), "--for", "buffer", "--to", "out")
    assert f"- 2 drafts have no date and time. ({first.id}, {second.id})" in ran.out
    assert "Buffer has no place for it" in ran.out
    document = ppkit("drafts", "export", str(first.id), "--for", "buffer", "--to", "out", "--json").json
    assert document == [
        {
            "file": "out/buffer-x.csv",
            "rows": 1,
            "drafts": [first.id],
            "remarks": [
                {"code": "link_left_out", "drafts": [first.id]},
                {"code": "no_hour", "drafts": [first.id]},
            ],
        }
    ]


@pytest.mark.parametrize("own", ["table", "markdown", "zip"])
def test_what_is_only_to_read_marks_nothing(ppkit: Ppkit, own: str) -> None:
    draft = keep()
    assert ppkit("drafts", "export", "--for", own).code == 0
    assert package.session().drafts.get(draft.id).status == "draft"


def test_a_draft_that_is_not_there_and_a_kind_that_is_not_taken_are_sentences(ppkit: Ppkit) -> None:
    assert "There is no draft 99." in ppkit("drafts", "export", "99").err
    keep()
    assert (
        "Buffer does not take xlsx files."
        in ppkit("drafts", "export", "--for", "buffer", "--format", "xlsx").err
    )


def test_a_folder_that_cannot_be_written_is_a_sentence(ppkit: Ppkit) -> None:
    draft = keep()
    Path("out").write_text("")
    ran = ppkit("drafts", "export", "--to", "out/inside", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "file_not_written")
    assert package.session().drafts.get(draft.id).status == "draft"


def test_each_row_becomes_an_idea_and_faulty_ones_are_told(ppkit: Ppkit, briefs: str) -> None:
    ran = ppkit("drafts", "import", briefs, "--client", "Verdi", "--faulty", "faulty.csv")
    assert (ran.code, ran.out) == (1, "2 ideas added to the drafts.\n")
    assert ran.err == "Row 3 was left out. This network is not known.\n"
    drafts = package.session().drafts
    assert [(draft.topic, draft.client, draft.status) for draft in drafts.all()] == [
        ("Saldi", "Bianchi", "idea"),
        ("Caffè", "Verdi", "idea"),
    ]
    brief = drafts.brief_of(drafts.search("saldi")[0].id)
    assert brief
    assert brief.network == "x"
    rows = list(csv.reader(Path("faulty.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1] == ["3", "This network is not known.", "Idee", "myspace", "", ""]


def test_an_import_is_one_document(ppkit: Ppkit, briefs: str) -> None:
    ran = ppkit("drafts", "import", briefs, "--json")
    assert ran.err == ""
    assert ran.json["ideas"] == [1, 2]
    assert [(row["line"], row["code"]) for row in ran.json["faulty"]] == [(3, "network")]


def test_a_file_that_is_no_table_is_a_sentence(ppkit: Ppkit) -> None:
    Path("no.csv").write_text("Saldi\nCaffè\n", encoding="utf-8")
    assert "the first row must name the columns" in ppkit("drafts", "import", "no.csv").err
    assert ppkit("drafts", "import", "not-there.csv").code == 2

"""`ppkit progress`: shown, taken out, brought in, and never lost."""

from __future__ import annotations

import json
from pathlib import Path

from ppkit.onboarding.lessons import LESSONS, lesson_named

from .conftest import Ppkit

FACT = {"check": "account.signed_up", "evidence": "practised", "at": "2026-11-23T10:00:00+00:00"}
EXPORTED = json.dumps({"schema": 1, "facts": [FACT]})


def test_a_new_learner_has_everything_to_do(ppkit: Ppkit) -> None:
    shown = ppkit("progress", "show")
    assert shown.out.count("to do") == 4
    steps = ppkit("progress", "show", "--json").json
    assert [step["step"] for step in steps] == ["account", "credit", "key", "link"]


def test_what_is_imported_is_shown_and_can_be_exported_again(ppkit: Ppkit, tmp_path: Path) -> None:
    assert ppkit("progress", "import", typed=EXPORTED).code == 0
    assert "practised" in ppkit("progress", "show").out
    assert ppkit("progress", "export", str(tmp_path / "out.json")).code == 0
    assert json.loads((tmp_path / "out.json").read_text())["facts"] == [FACT]
    assert json.loads(ppkit("progress", "export").out)["facts"] == [FACT]


def test_damaged_progress_is_told_and_left_as_it_is(ppkit: Ppkit, home: Path) -> None:
    file = home / "practice/progress.json"
    file.parent.mkdir(parents=True)
    file.write_text("{ damaged")
    for arguments in (("show",), ("export",), ("import",)):
        ran = ppkit("progress", *arguments, typed=EXPORTED)
        assert (ran.code, "Traceback" in ran.err) == (2, False)
    assert file.read_text() == "{ damaged"


def test_an_import_that_is_no_progress_changes_nothing(ppkit: Ppkit) -> None:
    ppkit("progress", "import", typed=EXPORTED)
    assert ppkit("progress", "import", typed="nonsense").code == 2
    assert json.loads(ppkit("progress", "export").out)["facts"] == [FACT]


def test_a_file_that_is_no_text_is_told_like_any_that_is_no_progress(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    ran = ppkit("progress", "import", str(tmp_path / "picture.png"))
    assert ran.code == 2
    assert ran.err.startswith("Your progress cannot be read: ")


def test_exports_of_a_class_become_one_table(ppkit: Ppkit, tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "anna.json").write_text(EXPORTED)
    ran = ppkit("class", "show", str(folder))
    assert (ran.code, ran.err) == (0, "")
    assert "anna" in ran.out
    assert "1/8" in ran.out
    (row,) = ppkit("class", "show", str(folder), "--json").json["rows"]
    assert (row["learner"], row["lessons"]["connect"]) == ("anna", {"done": 1, "of": 8})


def test_a_lesson_that_the_agency_hides_is_asked_of_nobody(ppkit: Ppkit, home: Path, tmp_path: Path) -> None:
    (tmp_path / "anna.json").write_text(EXPORTED)
    home.mkdir(exist_ok=True)
    (home / "agency.toml").write_text('name = "A"\n[course]\nhide = ["connect", "real"]\n')
    (row,) = ppkit("class", "show", str(tmp_path / "anna.json"), "--json").json["rows"]
    assert row["stuck_at"] == lesson_named("create").checks[0]  # of the first lesson on the map
    assert row["lessons"].keys() == {one.name for one in LESSONS} - {"connect", "real"}
    assert {lesson["done"] for lesson in row["lessons"].values()} == {
        0
    }  # what is done belongs to a hidden one


def test_a_file_that_is_no_export_is_named_and_not_dropped_in_silence(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("nonsense")
    ran = ppkit("class", "show", str(tmp_path / "notes.json"))
    assert ran.code == 1
    assert "notes" in ran.err


def test_a_code_is_shown_and_taken_over(ppkit: Ppkit, home: Path) -> None:
    ppkit("progress", "import", typed=EXPORTED)
    code = ppkit("progress", "code").out.strip()
    (home / "practice/progress.json").unlink()
    assert ppkit("progress", "code", code).code == 0
    assert "practised" in ppkit("progress", "show").out


def test_a_wrong_code_says_why_and_changes_nothing(ppkit: Ppkit) -> None:
    ran = ppkit("progress", "code", "AAAA-BBBB")
    assert (ran.code, "Traceback" in ran.err) == (2, False)
    assert "not a progress code" in ran.err

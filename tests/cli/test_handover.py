"""`ppkit handover`: the sheet in words, as one document, and as files for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from papers.reading import words_of_page, words_of_pdf

from .conftest import Ppkit

KEY = "sk-" + "proj-" + "CANARY" * 8


@pytest.fixture(autouse=True)
def live(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live mode without an admin key: nothing is started and nothing is asked."""
    monkeypatch.setenv("PPKIT_MODE", "live")


def test_it_is_told_in_words_with_the_key_masked(ppkit: Ppkit) -> None:
    ppkit("key", "set", "--where", "file", typed=KEY)
    ran = ppkit("handover")
    assert ran.code == 0
    assert "sk-…NARY" in ran.out
    assert "CANARY" not in ran.out


def test_as_one_document(ppkit: Ppkit) -> None:
    ppkit("limits", "--soft", "5", "--hard", "10")
    told = ppkit("handover", "--json").json
    assert (told["mode"], told["key"], told["platform_limits"]) == ("live", None, None)
    assert told["limits"]["hard_pico_usd"] == 10 * 10**12
    assert (told["verified"], told["written"]) == ([], [])


def test_files_are_written_for_their_owner_alone(ppkit: Ppkit, tmp_path: Path) -> None:
    page, pdf = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    ran = ppkit("handover", "--html", str(page), "--pdf", str(pdf), "--json")
    assert ran.json["written"] == [str(page), str(pdf)]
    assert "Hand-over sheet" in words_of_page(page.read_text("utf-8"))
    assert "Hand-over sheet" in words_of_pdf(pdf.read_bytes())
    assert {stat.S_IMODE(path.stat().st_mode) for path in (page, pdf)} == {0o600}


def test_a_place_that_cannot_be_written_is_a_sentence(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = ppkit("handover", "--pdf", str(tmp_path / "file" / "sheet.pdf"), "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "paper_not_written")

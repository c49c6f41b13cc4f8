"""`ppkit.scan()`: a notebook looks through its own folder and says what it found."""

from __future__ import annotations

from pathlib import Path

import pytest

import ppkit
from ppkit.look.texts import Texts

from .canaries import key_of

KEY = key_of("project")


@pytest.mark.parametrize("language", ["it", "en"])
def test_it_speaks_the_language_of_the_folder_and_shows_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    (tmp_path / language).mkdir()
    monkeypatch.chdir(tmp_path / language)
    texts = Texts(language)
    clean = ppkit.scan()
    assert clean.is_clean
    assert repr(clean) == texts("keys.scan.clean")
    Path("notes.txt").write_text(KEY)
    found = ppkit.scan()
    assert not found.is_clean
    assert repr(found).startswith(f"notes.txt:1: sk-…{KEY[-4:]}  ({texts('keys.scan.kind.project')}, ")
    assert texts("keys.scan.now") in repr(found)
    assert KEY[12:40] not in repr(found)


def test_a_practice_key_leaves_it_clean(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(key_of("practice"))
    scanned = ppkit.scan(tmp_path)
    assert scanned.is_clean
    assert len(scanned.report.practice) == 1


def test_what_cannot_be_read_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 damaged")
    scanned = ppkit.scan(str(tmp_path / "a.zip"))
    assert not scanned.is_clean
    assert "a.zip" in repr(scanned)


@pytest.mark.parametrize("language", ["it", "en"])
def test_what_was_stopped_is_not_clean_and_says_where_it_ended(tmp_path: Path, language: str) -> None:
    folder = tmp_path / language
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("nothing")
    asked = iter([False, True])
    scanned = ppkit.scan(folder, cancelled=lambda: next(asked))
    assert not scanned.is_clean
    texts = Texts(language)
    assert repr(scanned).split("\n") == [
        texts("keys.scan.none_seen"),
        texts("keys.scan.unread.stopped", path=folder / "b.txt"),
    ]


def test_what_does_not_exist_is_not_clean_either(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ppkit.scan(tmp_path / "nowhere")

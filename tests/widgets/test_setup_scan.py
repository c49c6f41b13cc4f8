"""The wizard's window looks for keys that are exposed in the files beside the notebook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import pytest

from ppkit.look.texts import Texts
from ppkit.scan_here import scan
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import FakeSession, click

LIVE_KEY = "sk-proj-" + "CANARY-a1B" * 7 + "w_yZ" + "T3Blbk" + "FJ" + "c3D4-CANAR" * 7 + "y_zW"


@pytest.mark.parametrize("mode", ["practice", "live"])
def test_who_practises_is_told_of_a_practice_key_that_lies_open(
    tmp_path: Path, mode: Literal["practice", "live"]
) -> None:
    session = FakeSession(tmp_path, mode=mode)
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "note.txt").write_text(f"chiave = sk-practice-{LIVE_KEY[8:56]}\n")
    window = SetupWindow(session, run=at_once, scan=lambda _cancelled: scan(shown))
    click(window, "go", step="link")
    click(window, "scan_files")
    assert ("note.txt:1" in window.html) == (mode == "practice")
    assert ("Nessuna chiave in chiaro" in window.html) == (mode == "live")


def test_before_a_notebook_is_shown_its_folder_is_looked_through_for_keys(
    session: Any, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "note.txt").write_text(f"chiave = {LIVE_KEY}\n")
    window = SetupWindow(session, run=at_once, scan=lambda _cancelled: scan(shown))
    click(window, "go", step="link")
    click(window, "scan_files")
    assert "punti trovati: 1" in window.html
    assert "note.txt:1" in window.html
    assert LIVE_KEY not in window.html
    (shown / "note.txt").unlink()
    click(window, "scan_files")
    assert "pp-problem" not in window.html
    assert "Nessuna chiave" in window.html


def test_a_scan_of_many_files_can_be_stopped_and_is_then_not_called_clean(
    session: Any, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    for number in range(3):
        (shown / f"note-{number}.txt").write_text("niente\n")
    later: list[Any] = []
    window = SetupWindow(
        session,
        run=lambda function, then, failed: later.append((function, then)),
        scan=lambda cancelled: scan(shown, cancelled=cancelled),
    )
    click(window, "go", step="link")
    click(window, "scan_files")
    button = re.search(r"<button[^>]*data-interrupts.*?</button>", window.html)
    assert button
    assert 'data-action="stop"' in button[0]
    assert "Ferma il controllo" in button[0]
    click(window, "stop")
    assert 'aria-busy="true" aria-disabled="true" data-action="stop"' in window.html  # the press was felt
    function, then = later[-1]
    then(function())
    assert "Controllo interrotto da te" in window.html
    assert "note-0.txt" in window.html
    assert f'data-say="{window.news}"' in window.html
    assert "Nessuna chiave" not in window.html
    assert "data-interrupts" not in window.html
    click(window, "speak", language="en")
    assert "You stopped the search" in window.html
    click(window, "scan_files")
    assert "You stopped" not in window.html  # it begins anew, from the first file
    function, then = later[-1]
    then(function())
    assert Texts("en")("keys.scan.clean") in window.html


def test_a_scan_that_is_stopped_tells_what_it_had_found(session: Any, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "a.txt").write_text(f"chiave = {LIVE_KEY}\n")
    (shown / "b.txt").write_text("niente\n")
    asked = iter([False, True])
    window = SetupWindow(
        session, run=at_once, scan=lambda _cancelled: scan(shown, cancelled=lambda: next(asked))
    )
    click(window, "go", step="link")
    click(window, "scan_files")
    assert "punti trovati: 1" in window.html
    assert "Controllo interrotto da te" in window.html


def test_an_example_is_told_as_a_note_and_what_is_not_opened_as_a_warning(
    session: Any, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "readme.md").write_text("sk-proj-" + "abc123def456ghi789jkl012mno345pqr678stu901vwx234")
    window = SetupWindow(session, run=at_once, scan=lambda _cancelled: scan(shown))
    click(window, "go", step="link")
    click(window, "scan_files")
    assert "Nessuna chiave in chiaro" in window.html
    assert "sembra un esempio" in window.html
    (shown / "a.txt").write_bytes(b"7z\xbc\xaf\x27\x1c\0\4")
    click(window, "scan_files")
    assert "Nessuna chiave in chiaro" not in window.html
    assert "(7z)" in window.html

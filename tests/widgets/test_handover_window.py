"""The hand-over sheet in a window, and the certificate on the map: what is sent to the browser alone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from ppkit.keys import ApiKey
from ppkit.onboarding.lessons import LESSONS
from ppkit.widgets.base import downloads
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.view import View
from ppkit.widgets.course.course_window import CourseWindow
from ppkit.widgets.course.handover_window import HandoverWindow

from .fakes import PRACTICE_KEY, FakeSession, click, may_switch


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, bytes]]:
    """What is sent for download: message and content."""
    sent: list[tuple[Any, bytes]] = []

    def keep(_view: View, content: Any, buffers: list[bytes] | None = None) -> None:
        if content["type"] == "download":
            assert buffers
            sent.append((content, buffers[0]))

    monkeypatch.setattr(View, "send", keep)
    return sent


def finish(session: Any) -> None:
    for lesson in LESSONS:
        for check in lesson.checks:
            session.course.record(check)


def pdf_text(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_the_window_shows_the_sheet_and_its_download_is_the_filled_button(session: Any) -> None:
    session.link(ApiKey(PRACTICE_KEY))
    html = HandoverWindow(session, at_once).html
    assert "sk-…NARY" in html
    assert "PRACTICE / PRATICA" in html
    assert "CANARY" not in html
    assert html.count('class="pp-button"') == 1


@pytest.mark.parametrize(("form", "media_type"), [("pdf", "application/pdf"), ("html", "text/html")])
def test_a_download_goes_to_the_browser_and_nowhere_else(
    session: Any, tmp_path: Path, files: list[tuple[Any, bytes]], form: str, media_type: str
) -> None:
    window = HandoverWindow(session, at_once)
    before = sorted(tmp_path.rglob("*"))
    click(window, "download", form=form)
    ((message, content),) = files
    assert message["name"].startswith("PRATICA-scheda-di-consegna-2026-11-23")
    assert message["media_type"] == media_type
    assert b"PRATICA" in content or "PRATICA" in pdf_text(content)
    assert f"Scaricato: {message['name']}" in window.html
    assert sorted(tmp_path.rglob("*")) == before


def test_no_other_form_is_made(session: Any, files: list[tuple[Any, bytes]]) -> None:
    window = HandoverWindow(session, at_once)
    click(window, "download", form="exe")
    assert files == []
    assert window.problem


def test_what_the_platform_says_comes_when_it_is_known(session: Any) -> None:
    controls: dict[str, object] = {
        "project": None,
        "limit_pico_usd": 10**13,
        "enforced": True,
        "alerts_pico_usd": [],
        "recipients": [],
    }
    session.platform.found = {"organization_name": "Studio", "keys": [], "spend_controls": [controls]}
    waiting: list[Any] = []
    window = HandoverWindow(session, lambda *work: waiting.append(work))
    assert "Leggo i limiti della piattaforma" in window.html
    (function, then, _failed) = waiting.pop()
    then(function())
    assert "Leggo i limiti della piattaforma" not in window.html
    assert "10,00 USD" in window.html


def test_another_mode_shows_nothing_of_this_one(session: Any, tmp_path: Path) -> None:
    session.link(ApiKey(PRACTICE_KEY))
    session.platform.found = {"organization_name": "Studio Rossi", "keys": [], "spend_controls": []}
    window = HandoverWindow(session, at_once)
    assert "Studio Rossi" in window.html
    (tmp_path / "live").mkdir()
    live = FakeSession(tmp_path / "live", mode="live")
    may_switch(session, live)
    click(window, "switch", mode="live")
    assert "NARY" not in window.html
    assert "Studio Rossi" not in window.html
    assert "PRACTICE / PRATICA" not in window.html
    live.ledger.close()


def test_an_unfinished_course_offers_no_certificate(session: Any, files: list[tuple[Any, bytes]]) -> None:
    window = CourseWindow(session, at_once)
    assert "pp-course-finished" not in window.html
    click(window, "certificate", name="Anna", form="pdf")
    assert window.card
    assert window.card.code == "course_not_finished"
    assert files == []


def test_a_finished_course_offers_certificate_and_sheet(session: Any, files: list[tuple[Any, bytes]]) -> None:
    finish(session)
    window = CourseWindow(session, at_once)
    click(window, "certificate", name="Anna Bianchi", form="pdf")
    click(window, "sheet")
    assert [message["name"].partition("-2026")[0] for message, _ in files] == [
        "PRATICA-attestato",
        "PRATICA-scheda-di-consegna",
    ]
    assert "Anna Bianchi" in pdf_text(files[0][1])
    assert "Anna" not in window.html


def test_the_platform_is_asked_for_the_sheet_beside_the_kernels_main_thread(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(session)
    asked: list[object] = []
    monkeypatch.setattr(downloads, "look_at_platform", asked.append)
    window = CourseWindow(session, lambda _function, _then, _failed: None)
    click(window, "sheet")
    assert window.working
    assert asked == []


def test_a_key_typed_as_a_name_is_told_and_makes_no_certificate(
    session: Any, tmp_path: Path, files: list[tuple[Any, bytes]]
) -> None:
    finish(session)
    window = CourseWindow(session, at_once)
    click(window, "certificate", name=f"Anna {PRACTICE_KEY}", form="html")
    assert files == []
    assert window.card
    assert window.card.code == "key_in_text"
    assert "CANARY" not in window.html
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()]

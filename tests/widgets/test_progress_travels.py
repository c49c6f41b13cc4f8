"""What was done on a computer goes on in a web page, and the other way round: as a code, or as a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ppkit.footing import COMPUTER, WEB_PAGE, Footing, standing_on
from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import LESSONS, lesson_named
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.course_window import PROGRESS_FILE, CourseWindow

from .fakes import PRACTICE_KEY, FakeSession, click

BOTH_WAYS = [(COMPUTER, WEB_PAGE), (WEB_PAGE, COMPUTER)]


def begun(home: Path) -> Any:
    """Somebody who has finished the first lesson."""
    session: Any = FakeSession(home)
    for check in lesson_named("connect").checks:
        session.course.record(check)
    return session


def choose(window: CourseWindow, content: bytes, **fields: str) -> None:
    window.files = {"progress": content}
    window.receive("take_file", {"progress_name": PRACTICE_KEY, **fields}, {})
    window.files = {}


def downloaded(window: CourseWindow, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bytes]:
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(window, "send", lambda content, buffers=None: sent.append((content, buffers)))
    click(window, "progress_file")
    content, buffers = next(each for each in sent if each[0]["type"] == "download")
    assert content["media_type"] == "application/json"
    return content["name"], buffers[0]


@pytest.mark.parametrize(("here", "there"), BOTH_WAYS)
@pytest.mark.parametrize("by_file", [False, True], ids=["code", "file"])
def test_progress_goes_from_a_computer_to_a_page_and_back(
    here: Footing, there: Footing, by_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing_on(here):
        session = begun(tmp_path / "here")
        window = CourseWindow(session, at_once)
        shown = re.search(r'data-copy="([A-Z2-7-]+)"', window.html)
        assert shown
        name, content = downloaded(window, monkeypatch)
        session.ledger.close()
    assert name == PROGRESS_FILE
    with standing_on(there):
        elsewhere: Any = FakeSession(tmp_path / "there")
        goes_on = CourseWindow(elsewhere, at_once)
        if by_file:
            choose(goes_on, content)
        else:
            click(goes_on, "take_code", code=shown[1])
        finished = goes_on.texts("course.finished_of", finished=1, count=len(LESSONS))
        assert finished in goes_on.html
        assert goes_on.news == goes_on.texts(f"course.travel.{'file_taken' if by_file else 'taken'}")
        assert not elsewhere.wizard.has_linked  # the key did not travel
        elsewhere.ledger.close()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff", b"[]", b'{"schema": 2, "facts": 7}', PRACTICE_KEY.encode()]
)
def test_a_file_that_holds_no_progress_is_a_card_beside_its_field_and_takes_nothing(
    session: Any, content: bytes
) -> None:
    window = CourseWindow(session, at_once)
    choose(window, content)
    assert window.texts("error.not_a_progress_file.what") in window.html.partition('id="pp-progress"')[0]
    assert PRACTICE_KEY not in window.html
    assert not session.course.map.has_begun
    assert 'data-action="retry"' not in window.html  # what to do is choose another one


def test_a_file_of_a_newer_version_or_too_large_a_one_is_refused(session: Any) -> None:
    window = CourseWindow(session, at_once)
    choose(window, json.dumps({"schema": 99, "facts": []}).encode())
    assert window.texts("error.progress_too_new.what", path=PROGRESS_FILE) in window.html
    click(window, "take_file", too_large="yes", progress_name="film.json")
    assert window.texts("error.not_a_progress_file.what") in window.html


def test_with_nothing_done_there_is_no_file_to_download(session: Any) -> None:
    assert Texts("it")("course.travel.download") not in CourseWindow(session, at_once).html

"""What was done on a computer goes on in a web page, and the other way round: as a code, or as a file."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ppkit.footing import COMPUTER, WEB_PAGE, Footing, standing_on
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.onboarding import Evidence, Fact, facts_from_json
from ppkit.onboarding.lessons import LESSONS, lesson_named
from ppkit.onboarding.progress import LONGEST_EXPORT, facts_of, in_both_modes
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.course_window import PROGRESS_FILES, CourseWindow

from .fakes import PRACTICE_KEY, FakeSession, click

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOTH_WAYS = [(COMPUTER, WEB_PAGE), (WEB_PAGE, COMPUTER)]


def begun(home: Path) -> Any:
    """Somebody who has finished the first lesson."""
    session: Any = FakeSession(home)
    for check in lesson_named("connect").checks:
        session.course.record(check)
    return session


def done_at(moment: str) -> bytes:
    """A file of progress, as somebody may have changed it."""
    fact = {"check": "key.created", "evidence": "practised", "at": moment}
    return json.dumps({"schema": 2, "mode": "practice", "facts": [fact], "rounds": {}}).encode()


def choose(window: CourseWindow, content: bytes, **fields: str) -> None:
    window.files = {"progress": content}
    window.receive("take_file", {"progress_name": PRACTICE_KEY, **fields}, {})
    window.files = {}


def downloaded(window: CourseWindow, monkeypatch: pytest.MonkeyPatch, mode: Mode) -> tuple[str, bytes]:
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(window, "send", lambda content, buffers=None: sent.append((content, buffers)))
    click(window, "progress_file", mode=mode)
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
        name, content = downloaded(window, monkeypatch, "practice")
        session.ledger.close()
    assert name == PROGRESS_FILES["practice"]
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
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"[]",
        b'{"schema": 2, "facts": 7}',
        b'{"schema": Infinity, "facts": []}',
        done_at("9999-12-31T23:59:59+00:00"),
        done_at("0001-01-01T00:00:00+14:00"),
        done_at("2026-11-23T12:00:00+00:00") + b" " * LONGEST_EXPORT,
        PRACTICE_KEY.encode(),
    ],
    ids=lambda content: content[:60].decode("ascii", "replace"),
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
    assert window.texts("error.progress_too_new.what", path=PROGRESS_FILES["practice"]) in window.html
    click(window, "take_file", too_large="yes", progress_name="film.json")
    assert window.texts("error.not_a_progress_file.what") in window.html


def test_what_was_done_in_each_mode_has_a_file_of_its_own(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In practice mode, somebody who has done something live only gets that, not an empty file."""
    both = in_both_modes(session.progress, session.mode)
    window = CourseWindow(session, at_once)
    done: dict[Mode, str] = {"live": "key.pays", "practice": "exercise.cards"}
    modes: list[Mode] = []
    for mode, check in done.items():
        both[mode].take_over(facts_of([Fact(check, Evidence.PRACTISED, NOON)]))
        window.redraw()
        modes.append(mode)
        assert set(re.findall(r'data-action="progress_file" data-mode="(\w+)"', window.html)) == set(modes)
    for mode, check in done.items():
        name, content = downloaded(window, monkeypatch, mode)
        assert name == PROGRESS_FILES[mode]
        assert json.loads(content)["mode"] == mode
        assert facts_from_json(content.decode(), name).checks == {check}
        assert window.texts("papers.downloaded", name=name) in window.html.partition('id="pp-progress"')[0]


def test_with_nothing_done_there_is_no_file_to_download(session: Any) -> None:
    assert Texts("it")("course.travel.download") not in CourseWindow(session, at_once).html

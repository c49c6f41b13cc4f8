"""A learner's class in the windows of a page: what the trainer says, and whether steps may be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keys.canaries import key_of

from ppkit import step_reporter
from ppkit.class_line import ClassEarly, ClassNotReached, ClassRefused, ClassTold, Steps
from ppkit.class_membership import FILE, ClassSeat
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import lesson_named
from ppkit.step_reporter import StepReporter
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.course_window import CourseWindow
from ppkit.widgets.course.lesson_window import LessonWindow
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import PRACTICE_KEY, click
from .test_course_windows import filled

IT = Texts("it")
TOKEN = "sk-class-" + "a" * 32
LINK = f"http://class.test/#{TOKEN}"
SUGGESTED = lesson_named("costs")


class FakeClass:
    """What a class hears and says."""

    def __init__(self, session: Any) -> None:
        self.heard: list[Steps] = []
        self.forgotten: list[str] = []
        self.says = ClassTold("Vega")
        self.answers = True
        self.refusal: ClassRefused | None = None
        membership = session.linking.membership
        self.reporter = StepReporter(membership, self, jitter=lambda: 0.0, start=lambda _work: None)
        step_reporter._open[session.settings.home] = self.reporter

    def tell(self, _seat: ClassSeat, steps: Steps) -> ClassTold:
        if not self.answers:
            raise ClassNotReached
        if self.refusal:
            raise self.refusal
        self.heard.append(steps)
        return self.says

    def forget(self, seat: ClassSeat) -> None:
        self.forgotten.append(seat.address)

    def round(self, **says: str) -> Steps:
        """A round of the thread; what was heard in it."""
        if says:
            self.says = ClassTold(**({"pseudonym": "Vega"} | says))
        self.reporter.round()
        return self.heard[-1]


@pytest.fixture
def school(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClass]:
    monkeypatch.setenv("PPKIT_WORKING_FOLDER", str(tmp_path))
    yield FakeClass(session)
    step_reporter._open.clear()


def joined(session: Any) -> CourseWindow:
    window = CourseWindow(session, at_once)
    click(window, "class_join", {"link": LINK})
    return window


def test_a_pasted_link_makes_one_a_member_and_stands_nowhere_in_the_page(
    session: Any, school: FakeClass, outbound: list[object], tmp_path: Path
) -> None:
    window = joined(session)
    assert IT("course.class.joined", pseudonym="Vega") in window.html
    assert IT("class_told.seen", pseudonym="Vega") in window.html
    assert IT("course.class.joined", pseudonym="Vega") in window.news
    assert TOKEN not in repr(outbound)
    assert [
        path.name for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()
    ] == [FILE]
    click(window, "class_leave")
    assert session.linking.membership.seat is None
    assert IT("course.class.why") in window.html
    school.round()
    assert school.forgotten == ["http://class.test"]


@pytest.mark.parametrize("link", ["", "http://class.test/", "http://class.test/#" + key_of("project", "own")])
def test_what_is_no_link_is_told_at_the_field_and_changes_nothing(
    session: Any, school: FakeClass, link: str
) -> None:
    window = CourseWindow(session, at_once)
    assert 'id="pp-class-link" name="link" type="password"' in window.html
    click(window, "class_join", {"link": link})
    assert window.html.index(IT("course.class.title")) < window.html.index('role="alert"')
    assert IT("error.no_class_link.what") in window.html
    assert window.html.count('role="alert"') == 1
    assert school.heard == []


def test_a_class_that_does_not_answer_is_not_joined(session: Any, school: FakeClass) -> None:
    school.answers = False
    window = joined(session)
    assert IT("error.class_not_reached.what") in window.html
    assert session.linking.membership.seat is None


def test_whose_token_was_replaced_reads_so_and_pastes_the_new_link(session: Any, school: FakeClass) -> None:
    window = joined(session)
    school.refusal = ClassRefused()
    click(window, "look")
    school.reporter.round()
    assert IT("class_told.class_refused") in window.html
    assert IT("class_told.seen", pseudonym="Vega") not in window.html
    assert 'id="pp-class-link"' in window.html
    school.refusal = None
    click(window, "class_join", {"link": LINK})
    assert IT("class_told.seen", pseudonym="Vega") in window.html


def test_a_click_tells_the_class_the_lesson_the_step_and_the_problem_by_name(
    session: Any, school: FakeClass
) -> None:
    joined(session)
    LessonWindow(session, "connect", at_once)
    window = SetupWindow(session, at_once)
    assert school.round() == {"open_lesson": "connect", "diagnosis": ""}
    damaged = f"{PRACTICE_KEY[:20]}…"
    click(window, "check", {"key": damaged})
    assert window.problem is not None
    told = school.round()
    assert told["diagnosis"].startswith("keys.refusal.")
    assert PRACTICE_KEY[12:20] not in repr(school.heard)
    window.redraw()  # as of a ledger that another notebook writes: nobody did anything here
    assert school.round() == {}


def test_no_key_is_in_what_a_class_hears(session: Any, school: FakeClass) -> None:
    joined(session)
    LessonWindow(session, "connect", at_once)
    session.link(ApiKey(PRACTICE_KEY))
    click(SetupWindow(session, at_once), "check", {"key": PRACTICE_KEY})
    school.round()
    assert "CANARY" not in repr(school.heard)
    assert {name for steps in school.heard for name in steps} <= {
        "practice_code", "live_code", "open_lesson", "diagnosis",
    }  # fmt: skip


def test_a_message_is_in_every_window_until_it_was_read(session: Any, school: FakeClass) -> None:
    joined(session)
    windows = [LessonWindow(session, "connect", at_once), SetupWindow(session, at_once)]
    school.round(message="<b>Coffee</b>", message_at="16:00")
    assert ["&lt;b&gt;Coffee&lt;/b&gt;" in window.html for window in windows] == [True, True]
    assert sum("data-say" in window.html for window in windows) == 1  # said once
    shown = re.search(r'data-action="class_read" data-message="([^"]*)"', windows[1].html)
    assert shown
    school.reporter.told = ClassTold("Vega", "Lunch", "16:01")  # has come since the page was drawn
    click(windows[1], "class_read", message=shown[1])
    assert ["Lunch" in window.html for window in windows] == [True, True]
    school.round()
    assert ["Coffee" in window.html for window in windows] == [False, False]
    school.round(message="<b>Coffee</b>", message_at="16:00")
    assert "Coffee" not in windows[0].html
    school.round(message="<b>Coffee</b>", message_at="16:30")  # said once more
    assert "Coffee" in windows[0].html
    school.round(message="", message_at="16:31")
    assert "Coffee" not in windows[0].html


def test_what_the_class_tells_is_announced_once_and_beside_what_a_click_has_said(
    session: Any, school: FakeClass
) -> None:
    window = joined(session)
    said = window.news
    school.round(message="Coffee", message_at="16:00")
    assert f'data-say="{IT("class_told.message")} Coffee"' in window.html
    assert window.news == said
    click(window, "look")
    assert "data-say" not in window.html
    school.answers = False
    school.reporter.round()  # news of another kind: the message is still there, and was told
    assert "Coffee" in window.html
    assert "data-say" not in window.html


def test_a_step_for_all_is_the_next_thing_on_the_map_until_it_is_done(
    session: Any, school: FakeClass
) -> None:
    window = joined(session)
    school.round(suggested=f"costs/{SUGGESTED.checks[0]}", suggested_at="16:00")
    words = f"3. {IT('course.lesson.costs.title')}: {IT('onboarding.check.' + SUGGESTED.checks[0])}"
    assert words in window.html
    assert filled(window.html) == [IT("course.open")]
    lesson = LessonWindow(session, "connect", at_once)
    assert IT("class_told.open") in lesson.html
    session.course.record(SUGGESTED.checks[0])
    lesson.redraw()
    assert words not in lesson.html
    school.round(suggested="of/a.newer.ppkit")
    assert IT("class_told.go_on") not in lesson.html


def test_who_says_no_is_seen_no_more_and_reads_no_more(session: Any, school: FakeClass) -> None:
    window = joined(session)
    school.round(message="Coffee", message_at="16:00")
    click(window, "class_hide")
    assert IT("class_told.unseen") in window.html
    assert "Coffee" not in window.html
    school.round()
    assert school.forgotten == ["http://class.test"]
    heard = len(school.heard)
    LessonWindow(session, "connect", at_once)
    school.reporter.round()
    assert len(school.heard) == heard
    click(window, "class_show")
    assert school.round()["open_lesson"] == "connect"


def test_the_head_of_a_lesson_says_how_one_stands_with_the_class(session: Any, school: FakeClass) -> None:
    session.linking.membership.join(LINK)
    window = LessonWindow(session, "connect", at_once)
    assert IT("class_told.asked") in window.html
    school.says = ClassTold("Vega")
    school.round()
    assert IT("class_told.seen", pseudonym="Vega") in window.html
    school.refusal = ClassEarly()
    school.reporter.round()
    assert IT("class_told.class_early") in window.html
    school.answers = False
    school.reporter.round()
    assert IT("class_told.class_not_reached") in window.html


def test_an_open_page_says_that_it_is_there_and_changes_nothing(session: Any, school: FakeClass) -> None:
    session.linking.membership.join(LINK)
    window = LessonWindow(session, "connect", at_once)
    assert "data-here" in window.html
    school.reporter._there_at = 0
    window.working = True
    window._on_message(window, {"id": "1", "action": "here", "fields": {}}, None)
    assert school.reporter._there_at > 0
    window.working = False
    click(window, "class_hide")
    assert "data-here" not in window.html


def test_no_class_is_offered_where_none_can_be_reached(school: FakeClass, session: Any) -> None:
    with standing_on(WEB_PAGE):
        assert IT("course.class.title") not in CourseWindow(session, at_once).html
    assert IT("course.class.title") in CourseWindow(session, at_once).html


def test_one_setting_switches_all_of_it_off(tmp_path: Path, school: FakeClass, session: Any) -> None:
    session.linking.membership.join(LINK)
    session.settings = session.settings.model_copy(update={"class_reports": False})
    window = CourseWindow(session, at_once)
    click(window, "look")
    school.reporter.round()
    assert [steps for steps in school.heard if steps] == []
    assert IT("course.class.title") not in window.html
    assert "pp-class-told" not in window.html


def test_who_is_in_no_class_sees_nothing_of_it_but_the_way_in(session: Any, school: FakeClass) -> None:
    window = CourseWindow(session, at_once)
    assert "pp-class-told" not in window.html
    assert IT("course.class.title") in window.html
    assert "pp-class" not in LessonWindow(session, "connect", at_once).html
    assert school.heard == []

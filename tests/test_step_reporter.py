"""Steps are told to a class beside everything else: names alone, ever later after failures, never twice."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from keys.canaries import key_of

from ppkit.class_membership import ClassMembership, ClassSeat
from ppkit.clock import ManualClock
from ppkit.onboarding import Evidence, Progress
from ppkit.onboarding.lessons import LESSONS, Course
from ppkit.step_reporter import (
    HEARD_SECONDS,
    LEAST_SECONDS,
    LONGEST_TEXT,
    MOST_SECONDS,
    REFUSED_SECONDS,
    ClassNotReached,
    ClassOver,
    ClassRefused,
    ClassTold,
    HttpLine,
    StepReporter,
    Steps,
    steps_of,
)

TOKEN = "sk-class-" + "a" * 32
LINK = f"http://class.test/#{TOKEN}"
SEAT = ClassSeat.of_link(LINK)


class FakeLine:
    """Remembers what it was told; `fails` is raised instead."""

    def __init__(self) -> None:
        self.told: list[Steps] = []
        self.forgotten = 0
        self.answer = ClassTold("Vega")
        self.fails: Exception | None = None

    def tell(self, _seat: ClassSeat, steps: Steps) -> ClassTold:
        self.told.append(steps)
        if self.fails:
            raise self.fails
        return self.answer

    def forget(self, _seat: ClassSeat) -> None:
        if self.fails:
            raise self.fails
        self.forgotten += 1


class Reporting:
    """A reporter whose thread is the test."""

    def __init__(self, folder: Path) -> None:
        self.membership = ClassMembership(folder, dict)
        self.membership.join(LINK)
        self.line, self.news, self.started = FakeLine(), 0, 0
        self.reporter = StepReporter(self.membership, self.line, jitter=lambda: 0.5, start=self._begin)

    def _begin(self, work: Callable[[], None]) -> None:
        self.started += 1
        self.work = work

    def note(self, **steps: str) -> None:
        self.reporter.note(lambda: steps, self._hear)

    def _hear(self) -> None:
        self.news += 1


@pytest.fixture
def reporting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reporting:
    monkeypatch.setenv("PPKIT_WORKING_FOLDER", str(tmp_path))
    return Reporting(tmp_path)


def test_what_was_told_is_told_once_and_after_that_only_that_somebody_is_there(reporting: Reporting) -> None:
    for _ in range(2):
        reporting.note(open_lesson="costs")
        assert reporting.reporter.round() == HEARD_SECONDS * 1.125
    reporting.note(open_lesson="mend")
    reporting.reporter.round()
    assert reporting.line.told == [{"open_lesson": "costs"}, {}, {"open_lesson": "mend"}]
    assert reporting.started == 1  # one thread


def test_windows_are_told_when_there_is_something_new_and_only_then(reporting: Reporting) -> None:
    reporting.note()
    for message in ("", "Coffee", "Coffee"):
        reporting.line.answer = ClassTold("Vega", message)
        reporting.reporter.round()
    assert reporting.news == 2  # who one is, and the message


def test_after_a_failure_it_tries_ever_later_whatever_is_pressed(reporting: Reporting) -> None:
    reporting.line.fails = ClassNotReached()
    waits = []
    for number in range(12):
        reporting.note(open_lesson=str(number))
        waits.append(reporting.reporter.round() or 0)
    assert waits[:3] == [-2, -4, -8]  # negative: no click makes it come sooner
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] == -MOST_SECONDS
    reporting.line.fails = ClassRefused()
    assert (
        reporting.reporter.round() == -REFUSED_SECONDS
    )  # a lesson that opens is not to be waited for so long
    reporting.line.fails = None
    assert (reporting.reporter.round() or 0) > 0
    assert reporting.line.told[-1] == {"open_lesson": "11"}  # what could not be told is not lost


def test_nothing_that_goes_wrong_comes_out(reporting: Reporting) -> None:
    def unreadable() -> Steps:
        raise RuntimeError(TOKEN)

    reporting.reporter.note(unreadable, reporting._hear)
    assert (reporting.reporter.round() or 0) < 0

    def no_thread(_work: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    broken = StepReporter(reporting.membership, reporting.line, start=no_thread)
    broken.note(dict, reporting._hear)
    broken.note(dict, reporting._hear)
    broken.withdraw(SEAT)


class Waits(threading.Event):
    """Waits for nothing, and remembers how long it should have."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._then = then

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        self._then()
        return self.is_set()


def test_the_thread_goes_on_as_long_as_there_is_a_class_and_is_begun_again(reporting: Reporting) -> None:
    def fail() -> None:
        reporting.line.fails = ClassNotReached()

    def leave() -> None:
        if reporting.line.fails:
            reporting.membership.leave()

    whatever, clicked = Waits(leave), Waits(fail)
    reporting.reporter._pause, reporting.reporter._noted = whatever, clicked
    reporting.note(open_lesson="costs")
    reporting.work()  # told, waited for a click; failed, waited whatever is clicked; left
    assert clicked.seconds == [HEARD_SECONDS * 1.125]
    assert whatever.seconds == [LEAST_SECONDS, 2]
    reporting.membership.join(LINK)
    reporting.note(open_lesson="mend")
    assert reporting.started == 2


def test_a_thread_of_its_own_tells_it_and_does_not_outlive_the_kernel(tmp_path: Path) -> None:
    membership, line, told = ClassMembership(tmp_path, dict), FakeLine(), threading.Event()
    membership.join(LINK)
    reporter = StepReporter(membership, line)
    reporter.note(lambda: {"open_lesson": "costs"}, told.set)
    assert told.wait(30)
    assert line.told == [{"open_lesson": "costs"}]
    assert [each.daemon for each in threading.enumerate() if each.name == "ppkit-class"] == [True]
    membership.leave()
    reporter._pause.set()
    reporter._noted.set()


def test_who_says_no_is_told_of_no_more_and_forgotten(reporting: Reporting) -> None:
    reporting.note(open_lesson="costs")
    reporting.reporter.round()
    reporting.membership.be_silent(True)
    reporting.reporter.withdraw(SEAT)
    reporting.note(open_lesson="mend")
    assert reporting.reporter.round() == LEAST_SECONDS
    assert reporting.line.forgotten == 1
    assert reporting.reporter.round() is None
    assert len(reporting.line.told) == 1
    assert reporting.reporter.told is None
    reporting.membership.be_silent(False)
    reporting.note(open_lesson="mend")
    reporting.reporter.round()
    assert reporting.line.told[-1] == {"open_lesson": "mend"}


def test_a_class_that_does_not_answer_is_asked_to_forget_some_times_and_then_left(
    reporting: Reporting,
) -> None:
    reporting.membership.be_silent(True)
    reporting.line.fails = ClassNotReached()
    reporting.reporter.withdraw(SEAT)
    waits = [reporting.reporter.round() for _ in range(7)]
    assert waits == [-2, -4, -8, -16, -32, LEAST_SECONDS, None]


def test_a_link_to_a_lesson_that_is_over_is_forgotten(reporting: Reporting) -> None:
    reporting.note(open_lesson="costs")
    reporting.line.fails = ClassOver()
    assert reporting.reporter.round() is None
    assert reporting.membership.seat is None
    assert reporting.news == 1


def test_who_is_in_no_class_has_no_thread(tmp_path: Path, reporting: Reporting) -> None:
    reporting.membership.leave()
    reporting.note(open_lesson="costs")
    assert reporting.started == 0
    assert reporting.reporter.round() is None
    with pytest.raises(ClassRefused):
        reporting.reporter.greet({})


def test_what_is_told_are_names_and_no_key(tmp_path: Path, clock: ManualClock) -> None:
    key = key_of("practice", "told")
    progress = Progress(tmp_path / "practice" / "progress.json")
    course = Course(progress, clock, "practice")
    course.record(LESSONS[1].checks[0], evidence=Evidence.PRACTISED)
    told = steps_of(course, "create", "diagnosis.no_credit")
    assert set(told) == {"practice_code", "open_lesson", "diagnosis"}
    assert key not in json.dumps(told)
    clock.advance(clock.now() - clock.now().replace(day=1))
    assert steps_of(course, "create", "diagnosis.no_credit") == told  # nor when


# --- over HTTP


def line_to(answer: Callable[[httpx2.Request], httpx2.Response]) -> HttpLine:
    return HttpLine(httpx2.Client(transport=httpx2.MockTransport(answer)))


def test_the_token_is_in_the_header_alone_and_answers_are_cut_to_size() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"pseudonym": "Vega", "message": "a\x1b" * 999, "suggested": 7})

    told = line_to(answer).tell(SEAT, {"open_lesson": "costs"})
    assert (told.pseudonym, told.message, told.suggested) == ("Vega", "a" * LONGEST_TEXT, "")
    (request,) = seen
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(request.url)
    assert TOKEN not in request.content.decode()


@pytest.mark.parametrize(
    ("status", "content", "raised"),
    [
        (401, b"", ClassRefused),
        (403, b"", ClassRefused),
        (403, b'{"error": {"code": "ppkit_lesson_over"}}', ClassOver),
        (404, b"", ClassRefused),  # a gateway from before there was this
        (302, b"", ClassNotReached),
        (429, b"", ClassNotReached),
        (503, b"", ClassNotReached),
        (200, b"<html>", ClassNotReached),
        (200, b"[]", ClassNotReached),
        (200, b'{"message": "' + b"x" * 30_000 + b'"}', ClassNotReached),
    ],
)
def test_whatever_else_answers_is_no_class(status: int, content: bytes, raised: Any) -> None:
    headers = {"location": "http://elsewhere.test/"}
    with pytest.raises(raised) as found:
        line_to(lambda _request: httpx2.Response(status, content=content, headers=headers)).tell(SEAT, {})
    assert type(found.value) is raised


def test_a_failure_on_the_way_shows_no_token_in_any_traceback() -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError(f"no way to {request.headers['authorization']}", request=request)

    with pytest.raises(ClassNotReached) as raised:
        line_to(broken).tell(SEAT, {})
    assert TOKEN not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None

"""Steps are told to a class beside everything else: names alone, ever later after failures, never twice."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from keys.canaries import key_of

from ppkit.class_line import (
    LONGEST_TEXT,
    MOST_ANSWER_BYTES,
    WHOLE_SECONDS,
    ClassEarly,
    ClassFull,
    ClassNotReached,
    ClassOver,
    ClassRefused,
    ClassTold,
    ClassTooSoon,
    HttpLine,
    Steps,
)
from ppkit.class_membership import FILE, ClassMembership, ClassNotWritten, ClassSeat
from ppkit.class_service.wire_errors import ReportsTooOften
from ppkit.clock import ManualClock
from ppkit.errors import PpkitError
from ppkit.onboarding import Evidence, Progress
from ppkit.onboarding.lessons import LESSONS, Course
from ppkit.private_file import PrivateFile
from ppkit.step_reporter import (
    GONE_SECONDS,
    HEARD_SECONDS,
    LEAST_SECONDS,
    MOST_SECONDS,
    REFUSED_SECONDS,
    SEEN,
    StepReporter,
    steps_of,
)

TOKEN = "sk-class-" + "a" * 32
LINK = f"http://class.test/#{TOKEN}"
SEAT = ClassSeat.of_link(LINK)


class FakeLine:
    """Remembers what it was told; `fails` is raised instead."""

    def __init__(self) -> None:
        self.told: list[Steps] = []
        self.forgotten: list[ClassSeat] = []
        self.forgets = True
        self.answer = ClassTold("Vega")
        self.fails: Exception | None = None

    def tell(self, _seat: ClassSeat, steps: Steps) -> ClassTold:
        self.told.append(steps)
        if self.fails:
            raise self.fails
        return self.answer

    def forget(self, seat: ClassSeat) -> None:
        if self.fails or not self.forgets:
            raise self.fails or ClassNotReached()
        self.forgotten.append(seat)


class Reporting:
    """A reporter whose thread is the test."""

    def __init__(self, folder: Path, *, joins: bool = True) -> None:
        self.folder = folder
        self.membership = ClassMembership(folder, dict)
        if joins:
            self.membership.join(LINK)
        self.line, self.news, self.started, self.now = FakeLine(), 0, 0, 0.0
        self.reporter = StepReporter(
            self.membership, self.line, monotonic=lambda: self.now, jitter=lambda: 0.5, start=self._begin
        )

    def _begin(self, work: Callable[[], None]) -> None:
        self.started += 1
        self.work = work

    def note(self, **steps: str) -> None:
        self.reporter.note(lambda: steps, self._hear)

    def _hear(self) -> None:
        self.news += 1


def raise_it(error: Exception) -> None:
    raise error


@pytest.fixture
def reporting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reporting:
    monkeypatch.setenv("PPKIT_WORKING_FOLDER", str(tmp_path))
    return Reporting(tmp_path)


def test_what_was_done_is_told_once_and_after_that_only_that_somebody_is_there(reporting: Reporting) -> None:
    reporting.note(open_lesson="costs")
    for _ in range(2):
        assert reporting.reporter.round() == HEARD_SECONDS * 1.125
    reporting.note(open_lesson="mend")
    reporting.reporter.round()
    assert reporting.line.told == [{"open_lesson": "costs"}, {}, {"open_lesson": "mend"}]
    assert reporting.started == 1  # one thread


def test_what_another_notebook_has_done_is_not_told_by_one_that_rests(
    reporting: Reporting, tmp_path: Path, clock: ManualClock
) -> None:
    course = Course(Progress(tmp_path / "practice" / "progress.json"), clock, "practice")
    reporting.reporter.note(lambda: steps_of(course, "connect", ""), reporting._hear)
    reporting.reporter.round()
    course.record(LESSONS[1].checks[0])
    reporting.reporter.round()
    assert [told.get("open_lesson") for told in reporting.line.told] == ["connect", None]


def test_who_has_closed_the_page_is_not_there_any_more(reporting: Reporting) -> None:
    reporting.note(open_lesson="costs")
    reporting.reporter.round()
    reporting.now = GONE_SECONDS - 1
    reporting.reporter.is_there()  # the page says so each minute
    reporting.now += GONE_SECONDS
    assert reporting.reporter.round() is not None
    reporting.now += 1
    assert reporting.reporter.round() is None
    assert reporting.line.told == [{"open_lesson": "costs"}, {}]


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


def test_a_class_that_was_told_a_moment_ago_is_not_said_to_be_away(reporting: Reporting) -> None:
    reporting.reporter.join(LINK, {})
    reporting.note(open_lesson="connect")  # as the window is drawn that says so
    reporting.line.fails = ClassTooSoon()
    assert reporting.reporter.round() == -2
    assert reporting.reporter.standing == SEEN
    reporting.line.fails = None
    reporting.reporter.round()
    assert reporting.line.told[-1] == {"open_lesson": "connect"}


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
    broken.is_there()
    broken.be_silent(True)


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
            reporting.line.fails = None

    decided, clicked = Waits(leave), Waits(fail)
    reporting.reporter._decided, reporting.reporter._noted = decided, clicked
    reporting.note(open_lesson="costs")
    reporting.work()  # told, waited for a click; failed, waited whatever is clicked; left
    assert clicked.seconds == [HEARD_SECONDS * 1.125]
    assert decided.seconds == [LEAST_SECONDS, 2]
    reporting.membership.join(LINK)
    reporting.reporter.is_there()  # a page that was closed, or left, is opened again
    assert reporting.started == 2


def test_a_thread_of_its_own_tells_it_and_does_not_outlive_the_kernel(tmp_path: Path) -> None:
    membership, line, told = ClassMembership(tmp_path, dict), FakeLine(), threading.Event()
    membership.join(LINK)
    reporter = StepReporter(membership, line)
    reporter.note(lambda: {"open_lesson": "costs"}, told.set)
    assert told.wait(30)
    assert line.told == [{"open_lesson": "costs"}]
    assert [each.daemon for each in threading.enumerate() if each.name == "ppkit-class"] == [True]
    reporter.leave()


def test_who_says_no_is_told_of_no_more_and_forgotten(reporting: Reporting) -> None:
    reporting.note(open_lesson="costs")
    reporting.reporter.round()
    reporting.reporter.be_silent(True)
    reporting.note(open_lesson="mend")
    assert reporting.reporter.round() is None
    assert reporting.line.forgotten == [SEAT]
    assert reporting.reporter.round() is None
    assert (len(reporting.line.told), len(reporting.line.forgotten)) == (1, 1)
    assert reporting.reporter.told is None
    reporting.reporter.be_silent(False)
    reporting.note(open_lesson="costs")
    reporting.reporter.round()
    assert reporting.line.told[-1] == {"open_lesson": "costs"}  # the whole, since it was forgotten


def test_a_no_waits_for_nothing_and_begins_anew_to_count_failures(reporting: Reporting) -> None:
    reporting.line.fails = ClassNotReached()
    reporting.note()
    for _ in range(9):
        reporting.reporter.round()
    assert not reporting.reporter._decided.is_set()
    reporting.reporter.be_silent(True)
    assert reporting.reporter._decided.is_set()
    assert [reporting.reporter.round() for _ in range(3)] == [-2, -4, -8]


@pytest.mark.parametrize("says_no", [lambda one: one.be_silent(True), lambda one: one.leave()])
def test_a_no_that_did_not_reach_the_class_is_told_by_the_next_kernel(
    reporting: Reporting, tmp_path: Path, says_no: Callable[[StepReporter], None]
) -> None:
    reporting.line.fails = ClassNotReached()
    says_no(reporting.reporter)
    reporting.reporter.round()
    later = Reporting(tmp_path, joins=False)
    later.note(open_lesson="costs")
    assert later.started == 1
    assert later.reporter.round() is None
    assert (later.line.forgotten, later.line.told) == ([SEAT], [])
    assert TOKEN not in (tmp_path / FILE).read_text() or later.membership.has_link
    last = Reporting(tmp_path, joins=False)
    last.note(open_lesson="costs")
    assert last.started == 0


def test_a_no_that_cannot_be_saved_is_obeyed_all_the_same(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: PrivateFile, _content: bytes, **_: object) -> None:
        raise ClassNotWritten(path="class.json", reason="No space left on device")

    reporting.note(open_lesson="costs")
    with monkeypatch.context() as patched:
        patched.setattr(PrivateFile, "write", full)
        with pytest.raises(ClassNotWritten):
            reporting.reporter.be_silent(True)
        reporting.note(open_lesson="mend")
        assert reporting.reporter.round() is None
        assert reporting.line.told == []
        assert reporting.line.forgotten == [SEAT]
    reporting.membership.has_read("16:00")
    assert ClassMembership(reporting.folder, dict).is_silent  # saved with what could be saved next


def test_a_class_that_was_left_and_is_away_keeps_no_other_from_being_told(reporting: Reporting) -> None:
    reporting.reporter.leave()
    reporting.membership.join(LINK.replace("class.test", "other.test"))
    reporting.note(open_lesson="costs")
    reporting.line.forgets = False
    assert (reporting.reporter.round() or 0) > 0
    assert reporting.line.told == [{"open_lesson": "costs"}]
    assert reporting.membership.to_forget == SEAT


def test_a_link_to_a_lesson_that_is_over_is_forgotten(reporting: Reporting) -> None:
    reporting.note(open_lesson="costs")
    reporting.line.fails = ClassOver()
    assert reporting.reporter.round() is None
    assert reporting.membership.seat is None
    assert reporting.membership.to_forget is None
    assert reporting.news == 1


def test_a_link_that_was_pasted_while_the_old_lesson_ended_is_kept(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = LINK.replace("class.test", "other.test")

    def over(_seat: ClassSeat, _steps: Steps) -> ClassTold:
        reporting.membership.join(other)
        raise ClassOver

    reporting.note(open_lesson="costs")
    monkeypatch.setattr(reporting.line, "tell", over)
    reporting.reporter.round()
    assert reporting.membership.seat == ClassSeat.of_link(other)


@pytest.mark.parametrize("fails", [ClassNotReached(), ClassRefused(), ClassNotWritten(path="", reason="")])
def test_a_link_that_leads_nowhere_changes_nothing(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch, fails: PpkitError
) -> None:
    reporting.membership.be_silent(True)
    if isinstance(fails, ClassNotWritten):
        monkeypatch.setattr(PrivateFile, "write", lambda *_, **__: raise_it(fails))
    else:
        reporting.line.fails = fails
    with pytest.raises(type(fails)):
        reporting.reporter.join(LINK.replace("class.test", "other.test"), {})
    assert reporting.membership.seat == SEAT
    assert reporting.membership.is_silent
    assert reporting.reporter.standing == ""


def test_who_is_in_no_class_has_no_thread(tmp_path: Path) -> None:
    reporting = Reporting(tmp_path, joins=False)
    reporting.note(open_lesson="costs")
    reporting.reporter.is_there()
    assert reporting.started == 0
    assert reporting.reporter.round() is None


@pytest.mark.parametrize(
    "raised",
    [ClassEarly(), ClassFull(), ClassRefused(), ClassOver(), ClassNotReached()],
    ids=lambda one: one.code,
)
def test_seen_is_said_after_an_answer_alone(reporting: Reporting, raised: PpkitError) -> None:
    reporting.note()
    assert reporting.reporter.standing == ""
    reporting.reporter.round()
    assert reporting.reporter.standing == SEEN
    reporting.line.fails = raised
    for _ in range(2):
        reporting.reporter.round()
    assert reporting.reporter.standing == raised.code
    assert reporting.news == 2  # not with each failure


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
        return httpx2.Response(
            200, json={"pseudonym": "Vega", "message": "a\x1b\u200d" * 999, "suggested": 7}
        )

    told = line_to(answer).tell(SEAT, {"open_lesson": "costs"})
    assert (told.pseudonym, told.message, told.suggested) == ("Vega", "a\u200d" * (LONGEST_TEXT // 2), "")
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
        (403, b'{"error": {"code": "ppkit_lesson_not_open"}}', ClassEarly),
        (403, b'{"error": {"code": "ppkit_lesson_full"}}', ClassFull),
        (403, b'{"error": {"code": ["ppkit_lesson_full"]}}', ClassRefused),
        (404, b"", ClassRefused),  # a gateway from before there was this
        (302, b"", ClassNotReached),
        (429, b"", ClassNotReached),
        (429, b'{"error": {"code": "rate_limit_exceeded"}}', ClassNotReached),
        (429, json.dumps({"error": {"code": ReportsTooOften.code}}).encode(), ClassTooSoon),
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


class Endless(httpx2.SyncByteStream):
    """An answer that never ends; `seconds` pass with each part."""

    def __init__(self, part: bytes, seconds: float) -> None:
        self.part, self.seconds, self.now, self.sent = part, seconds, 0.0, 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.now += self.seconds
            self.sent += len(self.part)
            yield self.part


@pytest.mark.parametrize(("part", "seconds"), [(b"x" * 1000, 0.0), (b"x", 1.0)], ids=["large", "slow"])
def test_an_answer_that_never_ends_is_not_waited_for(part: bytes, seconds: float) -> None:
    endless = Endless(part, seconds)
    client = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, stream=endless)))
    with pytest.raises(ClassNotReached):
        HttpLine(client, monotonic=lambda: endless.now).tell(SEAT, {})
    assert endless.sent <= MOST_ANSWER_BYTES + len(part)
    assert endless.now <= WHOLE_SECONDS + 2


def test_a_failure_on_the_way_shows_no_token_in_any_traceback() -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError(f"no way to {request.headers['authorization']}", request=request)

    with pytest.raises(ClassNotReached) as raised:
        line_to(broken).tell(SEAT, {})
    assert TOKEN not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None

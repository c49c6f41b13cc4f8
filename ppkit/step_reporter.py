"""Tells a learner's class which step they are at, and hears what the trainer tells, beside everything else.

What is sent are names: progress codes, the lesson that is open, the diagnosis on show. No key, no prompt, no
text, no name of a file. It delays nothing and breaks nothing: a thread sends it, fails in silence, and tries
again ever later.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.class_membership import ClassMembership, ClassSeat
from ppkit.errors import PpkitError
from ppkit.mode import Mode
from ppkit.onboarding.lessons import Course
from ppkit.onboarding.progress_code import FIRST_DAY

if TYPE_CHECKING:
    import httpx2

HEARD_SECONDS = 15.0
"""How often a window that tells nothing new is heard of, and hears."""

LEAST_SECONDS = 1.0
MOST_SECONDS = 300.0
REFUSED_SECONDS = 30.0
TIMEOUT_SECONDS = 5.0
MOST_TRIES_TO_FORGET = 5
MOST_ANSWER_BYTES = 20_000
LONGEST_TEXT = 300
REFUSED = (401, 403, 404, 405)
OVER = "ppkit_lesson_over"
Steps = dict[str, str]


class ClassNotReached(PpkitError):
    """The service of a class did not answer, or not as one does. No facts: an address may hold a token."""

    code = "class_not_reached"


class ClassRefused(PpkitError):
    """It knows no such token, or the lesson is not open. No facts."""

    code = "class_refused"


class ClassOver(ClassRefused):
    """The lesson is over. No facts."""

    code = "class_over"


@dataclass(frozen=True, slots=True)
class ClassTold:
    """What a class answers: who one is there, and what the trainer tells everybody; "" where nothing."""

    pseudonym: str = ""
    message: str = ""
    message_at: str = ""
    suggested: str = ""
    suggested_at: str = ""


class ClassLine(Protocol):
    """How a class is spoken to. Raises ClassNotReached, ClassRefused."""

    def tell(self, seat: ClassSeat, steps: Steps) -> ClassTold: ...

    def forget(self, seat: ClassSeat) -> None: ...


class HttpLine:
    """Over HTTP; one client for as long as there is something to tell. `client` is given by tests."""

    def __init__(self, client: httpx2.Client | None = None) -> None:
        self._client = client

    def tell(self, seat: ClassSeat, steps: Steps) -> ClassTold:
        """`steps` without anything tells only that somebody is there."""
        answer = self._sent("POST", seat, steps)
        try:
            told: Any = answer.json() if len(answer.content) <= MOST_ANSWER_BYTES else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ClassNotReached
        return ClassTold(**{one.name: _text(told.get(one.name)) for one in fields(ClassTold)})

    def forget(self, seat: ClassSeat) -> None:
        self._sent("DELETE", seat, {})

    def _sent(self, method: str, seat: ClassSeat, steps: Steps) -> httpx2.Response:
        import httpx2  # lazy: most learners are in no class

        if self._client is None:
            self._client = httpx2.Client(timeout=TIMEOUT_SECONDS)
        headers = {"authorization": f"Bearer {seat.token.get_secret_value()}"}
        try:
            answer = self._client.request(method, f"{seat.address}/progress", headers=headers, json=steps)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            answer = None
        if answer is None:  # outside: what was raised holds the request, and with it the token
            raise ClassNotReached
        if answer.status_code in REFUSED:
            raise ClassOver if OVER in answer.text[:MOST_ANSWER_BYTES] else ClassRefused
        if not answer.is_success:
            raise ClassNotReached
        return answer


def steps_of(course: Course, lesson: str, situation: str) -> Steps:
    """What a class is told: progress codes by mode, the names of the open lesson and the problem on show."""
    codes: Mapping[Mode, str] = course.codes_of(FIRST_DAY)  # not when it was done
    told = {f"{mode}_code": code for mode, code in codes.items()}
    return {**told, "open_lesson": lesson, "diagnosis": situation}


class StepReporter:
    """One for a data folder. `note` is called by windows after each click; all the rest is its thread's."""

    def __init__(
        self,
        membership: ClassMembership,
        line: ClassLine | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self.membership = membership
        self.told: ClassTold | None = None
        self.is_refused = False  # the class knows no such token, or its lesson is not open
        self._line = line or HttpLine()
        self._monotonic = monotonic
        self._jitter = jitter
        self._start = start or _in_a_thread
        self._noted = threading.Event()
        self._pause = threading.Event()  # never set: a wait that no click ends
        self._changing = threading.Lock()
        self._follows = False
        self._latest: Callable[[], Steps] | None = None
        self._on_news: Callable[[], None] = lambda: None
        self._sent: Steps = {}
        self._failures = 0
        self._withdraws: ClassSeat | None = None

    def note(self, steps: Callable[[], Steps], on_news: Callable[[], None]) -> None:
        """Something was done in a window: `steps` says where that leaves the learner, asked in the thread.

        `on_news` is called, in the thread, when the class has something new to show. Never raises, and costs
        nothing where there is no class.
        """
        try:
            if self.membership.seat is None or self.membership.is_silent:
                return
            with self._changing:
                self._latest, self._on_news = steps, on_news
                self._noted.set()
                self._begin()
        except (
            Exception
        ):  # a thread that cannot be had, or a folder that is gone: nothing here is worth a click
            return

    def greet(self, steps: Steps) -> ClassTold:
        """Tell it now, and wait for the answer. Raises ClassNotReached, ClassRefused."""
        seat = self.membership.seat
        if seat is None:
            raise ClassRefused
        told = self._line.tell(seat, steps)
        self.told, self._sent, self._failures, self.is_refused = told, steps, 0, False
        return told

    def withdraw(self, seat: ClassSeat | None) -> None:
        """From now on tell nothing, and have the class forget what it was told. Never raises."""
        self.told, self._sent, self.is_refused = None, {}, False
        try:
            with self._changing:
                self._withdraws, self._latest = seat, None
                self._noted.set()
                self._begin()
        except Exception:  # as in `note`
            return

    def round(self) -> float | None:
        """Tell what is new, or that somebody is there; the seconds to wait. None: there is no more to do.

        Negative: nothing that happens meanwhile makes it come sooner.
        """
        self._noted.clear()
        if self._withdraws is not None:
            return self._withdrawn(self._withdraws)
        seat = None if self.membership.is_silent else self.membership.seat
        if seat is None:
            self.told = None
            return None
        try:
            steps = self._latest() if self._latest else {}
            told = self._line.tell(seat, steps if steps != self._sent else {})
        except ClassOver:
            self.told = None
            if self.membership.has_link:  # it leads nowhere any more, and at home to somebody else's address
                self.membership.leave()
            self._on_news()
            return -MOST_SECONDS if self.membership.seat else None
        except ClassRefused:  # the lesson may be about to open
            was_refused, self.is_refused, self.told = self.is_refused, True, None
            if not was_refused:
                self._on_news()
            return -self._later(REFUSED_SECONDS)
        except Exception:  # progress that cannot be read is reported by the windows
            return -self._later()
        self._failures, self._sent, self.is_refused = 0, steps, False
        before, self.told = self.told, told
        if told != before:
            self._on_news()
        return HEARD_SECONDS * (1 + self._jitter() / 4)

    def _withdrawn(self, seat: ClassSeat) -> float | None:
        try:
            with suppress(ClassRefused):  # then it knows nothing of us
                self._line.forget(seat)
        except ClassNotReached:
            if self._failures < MOST_TRIES_TO_FORGET:
                return -self._later()
        self._withdraws, self._failures = None, 0
        return LEAST_SECONDS

    def _later(self, most: float = MOST_SECONDS) -> float:
        """Twice as long after each failure, and not all learners of a class at once."""
        self._failures += 1
        seconds: float = min(2.0 ** min(self._failures, 10), most)
        return seconds * (0.75 + self._jitter() / 2)

    def _begin(self) -> None:
        if not self._follows:
            self._follows = True
            try:
                self._start(self._follow)
            except BaseException:
                self._follows = False
                raise

    def _follow(self) -> None:
        while True:
            try:
                seconds = self.round()
            except Exception:  # a window that cannot be redrawn shows that itself
                seconds = MOST_SECONDS
            with self._changing:
                if seconds is None and not self._noted.is_set():
                    self._follows = False
                    return
            if seconds is not None and seconds >= 0:
                self._pause.wait(LEAST_SECONDS)
                self._noted.wait(seconds)
            else:
                self._pause.wait(-(seconds or -LEAST_SECONDS))


_open: dict[Path, StepReporter] = {}


def step_reporter_of(home: Path, membership: ClassMembership) -> StepReporter:
    """The one of this data folder and process."""
    if home not in _open:
        _open[home] = StepReporter(membership)
    return _open[home]


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="ppkit-class", daemon=True).start()


def _text(sent: object) -> str:
    """A text of a class: plain, short, in one line. Windows escape it."""
    text = sent if isinstance(sent, str) else ""
    return "".join(sign for sign in text if sign.isprintable())[:LONGEST_TEXT]

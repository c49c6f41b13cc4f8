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
from functools import partial
from math import inf
from pathlib import Path

from ppkit.beside import do_beside
from ppkit.class_line import (
    ClassLine,
    ClassNotReached,
    ClassOver,
    ClassRefused,
    ClassTold,
    ClassTooSoon,
    HttpLine,
    Steps,
)
from ppkit.class_membership import ClassMembership, ClassSeat
from ppkit.errors import PpkitError
from ppkit.mode import Mode
from ppkit.onboarding.lessons import Course
from ppkit.onboarding.progress_code import FIRST_DAY

HEARD_SECONDS = 15.0
"""How often a window that tells nothing new is heard of, and hears."""

GONE_SECONDS = 150.0
"""Whoever has closed the page tells nothing more: an open one says each minute that it is there."""

LEAST_SECONDS = 1.0
MOST_SECONDS = 300.0
REFUSED_SECONDS = 30.0
SEEN = "seen"


def steps_of(course: Course, lesson: str, situation: str) -> Steps:
    """What a class is told: progress codes by mode, the names of the open lesson and the problem on show."""
    codes: Mapping[Mode, str] = course.codes_of(FIRST_DAY)  # not when it was done
    told = {f"{mode}_code": code for mode, code in codes.items()}
    return {**told, "open_lesson": lesson, "diagnosis": situation}


class StepReporter:
    """One for a data folder. Windows call `note` after each click; all the rest is its thread's.

    `standing` is how the learner stands with the class: "" before it has answered, SEEN, or the code of what
    was raised instead (as "class_early").
    """

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
        self.standing = ""
        self._line = line or HttpLine()
        self._monotonic = monotonic
        self._jitter = jitter
        self._start = start or partial(do_beside, name="ppkit-class")
        self._noted = threading.Event()  # a click: ends the wait of whoever is only there
        self._decided = threading.Event()  # a yes or a no to the class: ends any wait
        self._changing = threading.Lock()
        self._follows = False
        self._latest: Callable[[], Steps] | None = None  # None: told, and nothing was done since
        self._on_news: Callable[[], None] = lambda: None
        self._failures = 0
        self._there_at = -inf

    # --- what windows say. None of it waits but `join`.

    def note(self, steps: Callable[[], Steps], on_news: Callable[[], None]) -> None:
        """Something was done in a window: `steps` says where that leaves the learner, asked once, there.

        `on_news` is called, in the thread, when the class has something new to show. Never raises, and costs
        nothing where there is no class.
        """
        self._there_at = self._monotonic()
        # Nothing here is worth a click: not a thread that cannot be had, nor a folder that is gone.
        with suppress(Exception):
            if not self._has_work:
                return
            with self._changing:
                self._latest, self._on_news = steps, on_news
                self._noted.set()
                self._begin()

    def is_there(self) -> None:
        """A page with windows is open. Never raises."""
        self._there_at = self._monotonic()
        with suppress(Exception):
            if self._has_work:
                with self._changing:
                    self._begin()

    def join(self, link: str, steps: Steps) -> None:
        """Take part, and wait for the class to say so; else nothing is changed.

        Raises NoClassLink, ClassNotReached, ClassRefused, ClassNotWritten.
        """
        told = self._line.tell(ClassSeat.of_link(link), steps)
        self.membership.join(link)
        self.told, self.standing, self._failures = told, SEEN, 0
        self._decided.set()

    def leave(self) -> None:
        """Forget the link, and have the class forget, too. Raises ClassNotWritten; done all the same."""
        try:
            self.membership.leave()
        finally:
            self._withdraw()

    def be_silent(self, silent: bool) -> None:
        """Tell nothing from now on, and have the class forget what it was told; or tell again.

        Raises ClassNotWritten; a no is obeyed all the same.
        """
        try:
            self.membership.be_silent(silent)
        finally:
            self._withdraw()

    # --- the thread's

    def round(self) -> float | None:
        """Tell what is new, or that somebody is there; the seconds to wait. None: there is no more to do.

        Negative: no click that comes meanwhile makes it come sooner.
        """
        self._noted.clear()
        self._decided.clear()
        is_forgotten = self._forget()
        seat = None if self.membership.is_silent else self.membership.seat
        if seat is None:
            self.told = None
            return None if is_forgotten else -self._later()
        if self._monotonic() - self._there_at > GONE_SECONDS:
            return None if is_forgotten else -self._later()
        latest = self._latest
        try:
            told = self._line.tell(seat, latest() if latest else {})
        except ClassRefused as refused:
            return self._refused(seat, refused)
        except ClassNotReached as error:
            if not isinstance(error, ClassTooSoon):  # else it answers, and has been told
                self._show(error.code, self.told)
            return -self._later()
        except Exception:  # progress that cannot be read is reported by the windows
            return -self._later()
        with self._changing:
            if self._latest is latest:
                self._latest = None  # told: an idle notebook takes nobody back to where they were
        self._failures = 0
        self._show(SEEN, told)
        return HEARD_SECONDS * (1 + self._jitter() / 4)

    def _refused(self, seat: ClassSeat, refused: ClassRefused) -> float | None:
        is_over = isinstance(refused, ClassOver)
        if is_over:  # its link leads nowhere any more, and at home to somebody else's address
            with suppress(PpkitError):
                self.membership.end(seat)
        self._show(refused.code, None)
        if is_over:
            return -MOST_SECONDS if self.membership.seat else None
        return -self._later(REFUSED_SECONDS)  # the lesson may be about to open

    def _forget(self) -> bool:
        """Have a class forget what it is to forget; whether nothing is left of that."""
        seat = self.membership.to_forget
        if seat is None:
            return True
        try:
            with suppress(ClassRefused):  # then it knows nothing of us
                self._line.forget(seat)
        except ClassNotReached:
            return False
        self._failures = 0
        with suppress(PpkitError):
            self.membership.has_forgotten()
        return True

    def _show(self, standing: str, told: ClassTold | None) -> None:
        before = self.standing, self.told
        self.standing, self.told = standing, told
        if before != (standing, told):
            self._on_news()

    def _later(self, most: float = MOST_SECONDS) -> float:
        """Twice as long after each failure, and not all learners of a class at once."""
        self._failures += 1
        seconds: float = min(2.0 ** min(self._failures, 10), most)
        return seconds * (0.75 + self._jitter() / 2)

    @property
    def _has_work(self) -> bool:
        member = self.membership
        return member.to_forget is not None or (not member.is_silent and member.seat is not None)

    def _withdraw(self) -> None:
        """What was told and heard before holds no more; the thread acts on what was decided at once."""
        self.told, self.standing, self._failures = None, "", 0
        with suppress(Exception), self._changing:  # as in `note`
            self._latest = None
            self._noted.set()
            self._decided.set()
            self._begin()

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
                self._decided.wait(LEAST_SECONDS)
                self._noted.wait(seconds)
            else:
                self._decided.wait(-(seconds or -LEAST_SECONDS))


_open: dict[Path, StepReporter] = {}


def step_reporter_of(home: Path, membership: ClassMembership) -> StepReporter:
    """The one of this data folder and process."""
    if home not in _open:
        _open[home] = StepReporter(membership)
    return _open[home]

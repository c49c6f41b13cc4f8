"""What the windows of one session share: drawn together, in one language, and switched to a mode together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakKeyDictionary, WeakSet

from ppkit import current_session
from ppkit.errors import PpkitError
from ppkit.look.texts import LANGUAGES
from ppkit.mode import Mode

if TYPE_CHECKING:
    from ppkit.onboarding.lessons import DrillRun
    from ppkit.sessions import Session
    from ppkit.widgets.base.ledger_watch import LedgerWatch
    from ppkit.widgets.base.problems import Problem
    from ppkit.widgets.base.window import Window


class SwitchWhileWorking(PpkitError):
    """A window of the page is at work in the mode that was to be left; nothing was switched."""

    code = "switch_while_working"


class LiveNotHere(PpkitError):
    """Live mode was asked for in a place where no real key belongs; nothing was switched."""

    code = "live_not_here"


class WindowGroup:
    """The open windows of a session. A key linked in one window is seen by the others at once."""

    def __init__(self, language: str, enter: Callable[[Mode], Session] = current_session.enter) -> None:
        self.language = language
        self.channel = f"ppkit {uuid4()}"  # what these windows tell each other is heard by no others
        self.lesson = ""  # the one that was begun last, by its name
        self.wishes: dict[str, str] = {}  # what the Assistant was asked for last
        self.announced = ""  # what the class has told last
        self.came_from: Mode | None = None  # the mode that was switched off last
        self.left_for: Session | None = None  # where its windows went when the mode was switched
        self.enter = enter
        self._watch: LedgerWatch | None = None  # the one that follows the ledger
        self.drill_run: DrillRun | None = None  # the drill under way, which a page loaded anew goes on with
        self._windows: WeakSet[Window] = WeakSet()
        self._changing = Lock()  # windows open and close while a thread beside the kernel's redraws them

    def add(self, window: Window) -> None:
        with self._changing:
            self._windows.add(window)

    def discard(self, window: Window) -> None:
        with self._changing:
            self._windows.discard(window)

    def follow(self, watch: LedgerWatch) -> None:
        """Start this watch, and end the one before: one window of a page follows the ledger."""
        if self._watch is not None:
            self._watch.end()
        self._watch = watch
        watch.start()

    def begin_lesson(self, name: str, head: Window) -> None:
        """Only this lesson's windows are redrawn together from now on.

        Those of another lesson went with its page. Those of this one, opened once more, rest until something
        is pressed there.
        """
        with self._changing:
            former = [window for window in self._windows if window is not head]
            self._windows = WeakSet([head])
        if name != self.lesson:
            for window in former:
                window.close()
        self.lesson = name

    def shows(self, *templates: str) -> bool:
        """Whether a window of one of these kinds is on the page, so that one can go there."""
        return any(window.template in templates for window in self._all())

    def redraw(self) -> None:
        for window in self._all():
            window.redraw()

    @property
    def problem(self) -> Problem | None:
        """The one on show in any of its windows."""
        return next((window.problem for window in self._all() if window.problem is not None), None)

    def hear(self) -> None:
        """The class has told something: every window shows it, and a screen reader says so once."""
        windows = self._all()
        for window in windows[:1]:
            before, self.announced = self.announced, window.class_corner.announcement
            if self.announced != before:
                window.told = self.announced
        for window in windows:
            window.redraw()

    def speak(self, language: str) -> None:
        """Raises ValueError for a language we do not speak."""
        if language not in LANGUAGES:
            raise ValueError(f"no texts in {language!r}")
        self.language = language

    def switch(self, session: Session, mode: Mode) -> None:
        """Turn every window to the session of this mode, which is in force from now on; `session` is theirs.

        Language, lesson and wishes go along. Costs nothing and asks for nothing. Raises SwitchWhileWorking,
        LiveNotHere, and what `current_session.enter` raises; then nothing is switched.
        """
        if mode == session.mode:
            return
        if mode == "live" and not session.linking.may_go_live:
            raise LiveNotHere
        windows = [window for window in self._all() if window.follows_mode]
        if any(window.working for window in windows):
            raise SwitchWhileWorking
        entered = self.enter(mode)
        there = window_group_of(entered)
        there.language, there.lesson, there.wishes = self.language, self.lesson, self.wishes
        there.channel = self.channel
        there.came_from, there.left_for, there.enter = session.mode, None, self.enter
        self.left_for = entered
        if self._watch is not None:
            there._watch, self._watch = self._watch, None
        for window in windows:
            window.move_to(entered)
        for window in windows:
            window.look()

    def _all(self) -> list[Window]:
        with self._changing:
            return list(self._windows)


_groups: WeakKeyDictionary[Session, WindowGroup] = WeakKeyDictionary()


def window_group_of(session: Session, folder: Path | None = None) -> WindowGroup:
    """The window group of this session; the first window sets it up.

    It speaks the language of the notebook, whatever the settings say: notebooks live in folders named after
    their language, and a kernel works in its notebook's folder.
    """
    if session not in _groups:
        name = (folder or Path.cwd()).name
        _groups[session] = WindowGroup(name if name in LANGUAGES else session.language)
    return _groups[session]

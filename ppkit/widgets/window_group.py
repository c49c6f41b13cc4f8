"""What the windows of one session share: they are redrawn together, in one language."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from ppkit.look.texts import LANGUAGES

if TYPE_CHECKING:
    from ppkit.onboarding.lessons import DrillRun
    from ppkit.sessions import Session
    from ppkit.widgets.window import Window


class WindowGroup:
    """The open windows of a session. A key linked in one window is seen by the others at once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.lesson = ""  # the one that was begun last, by its name
        self.wishes: dict[str, str] = {}  # what the Assistant was asked for last
        self.drill_run: DrillRun | None = None  # the drill under way, which a page loaded anew goes on with
        self._windows: WeakSet[Window] = WeakSet()
        self._changing = Lock()  # windows open and close while a thread beside the kernel's redraws them

    def add(self, window: Window) -> None:
        with self._changing:
            self._windows.add(window)

    def discard(self, window: Window) -> None:
        with self._changing:
            self._windows.discard(window)

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

    def shows(self, template: str) -> bool:
        """Whether a window of this kind is on the page, so that one can go there."""
        with self._changing:
            return any(window.template == template for window in self._windows)

    def redraw(self) -> None:
        with self._changing:
            windows = list(self._windows)
        for window in windows:
            window.redraw()

    def speak(self, language: str) -> None:
        """Raises ValueError for a language we do not speak."""
        if language not in LANGUAGES:
            raise ValueError(f"no texts in {language!r}")
        self.language = language


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

"""Papers to take away: each goes to the browser as a download, which works wherever a window does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.papers import FORMS, Paper, PaperFile, file_of, hand_over, look_at_platform, sheet_paper
from ppkit.papers.paper_file import MEDIA_TYPES, form_at_hand

if TYPE_CHECKING:
    from ppkit.sessions import Session
    from ppkit.widgets.base.window import Window


class Sender(Protocol):
    """What sends messages to its page, as every widget does."""

    def send(self, content: Any, callbacks: Any = None, buffers: Any = None) -> None: ...


def send_file(window: Sender, name: str, media_type: str, content: bytes) -> None:
    """To the browser's downloads, in the view that has asked for it."""
    window.send({"type": "download", "name": name, "media_type": media_type}, buffers=[content])


def send_told(window: Window, name: str, content: bytes) -> None:
    """The same by its name alone, and said: what it is, MEDIA_TYPES knows by its suffix."""
    send_file(window, name, MEDIA_TYPES[name.rpartition(".")[2]], content)
    window.news = window.texts("papers.downloaded", name=name)


class Downloads:
    """Makes files beside the kernel's main thread and sends them to the view that asked.

    Nothing of them is kept here or in the notebook. `last` is the name of the one sent last.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self.last = ""

    def send(self, paper: Paper, form: str) -> None:
        """Raises ValueError for a form that no paper has."""
        self.send_drawn(lambda: paper, form)

    def send_sheet(self, session: Session, language: str, form: str) -> None:
        """The hand-over sheet as things stand now, for which the platform is asked."""
        self.send_drawn(lambda: sheet_paper(hand_over(session, look_at_platform(session)), language), form)

    def send_made(self, make: Callable[[], PaperFile]) -> None:
        """A file of any other kind."""
        self.last = ""
        self._window.work(make, self._sent)

    def send_drawn(self, paper: Callable[[], Paper], form: str) -> None:
        """A paper whose facts are gathered beside the main thread, too. Raises ValueError as `send` does."""
        known = next((one for one in FORMS if one == form), None)
        if known is None:
            raise ValueError("no paper has this form")
        self.send_made(lambda: file_of(paper(), form_at_hand(known)))

    def _sent(self, made: PaperFile) -> None:
        self.last = made.name
        send_told(self._window, made.name, made.content)

"""The practice console in a window of its own: `ppkit.console()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.current_session import practice
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session


class ConsoleWindow(Window):
    """Always open, and always the practice platform's: there is no such page for real accounts."""

    template: ClassVar[str] = "practice_console"
    follows_mode: ClassVar[bool] = False

    def __init__(
        self,
        session: Session,
        run: background_thread.BackgroundRunner = background_thread.run,
        practice: Callable[[], Session] = practice,
    ) -> None:
        super().__init__(session if session.mode == "practice" else practice(), run)
        self.console.open("")
        self.redraw()

    def page(self) -> Mapping[str, object]:
        return {}

    def actions(self) -> Mapping[str, Action]:
        return {}

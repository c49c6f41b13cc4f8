"""The trainer's table: the codes of a class, pasted, become a table of learners and lessons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.classroom import Board, board_of_codes, step_in_words
from ppkit.onboarding.lessons import LESSONS, MAP_FILES, TRAINER_FILES
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.lesson_links import link_to
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session

NOBODY = Board((), ())


class LearnersWindow(Window):
    """Holds the lines that were pasted last, in memory alone."""

    template: ClassVar[str] = "learners"

    def __init__(
        self, session: Session, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        self._board = NOBODY
        self._lines = ""
        self._hidden = session.accounting.agency_shown.hidden
        super().__init__(session, run)
        if self.window_group.lesson:
            self.window_group.begin_lesson("", self)

    def page(self) -> Mapping[str, object]:
        return {
            "board": self._board,
            "lines": self._lines,
            "lessons": [one for one in LESSONS if one.name not in self._hidden],
            "step_of": lambda row: step_in_words(row, self.texts),
            "map_link": link_to(MAP_FILES, self.window_group.language),
            "twin_of": lambda spoken: link_to(TRAINER_FILES, spoken),
        }

    def actions(self) -> Mapping[str, Action]:
        return {"show": lambda fields, _: self._show(fields["lines"])}

    def lesson_end(self) -> None:
        """The trainer's notebook is no lesson."""

    def _show(self, lines: str) -> None:
        self._lines = lines
        self._board = board_of_codes(lines, self._hidden)
        self.news = self.texts.plural("learners.shown", len(self._board.rows))

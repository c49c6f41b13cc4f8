"""The head of a lesson: where it stands in the course, what it asks for, and the way on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.errors import PpkitError
from ppkit.onboarding.lessons import MAP_FILES, lesson_named
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.lesson_links import link_to, link_to_lesson
from ppkit.widgets.base.window import Action, Window
from ppkit.widgets.cells.own_code import after_each_cell, shown_by_own_code

if TYPE_CHECKING:
    from ppkit.sessions import Session


class LessonWindow(Window):
    """Draws one lesson of `session.course`; at its end the windows after it lead to the next one."""

    template: ClassVar[str] = "lesson"
    is_head: ClassVar[bool] = True

    def __init__(
        self, session: Session, name: str, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        """Raises LookupError for a lesson that does not exist."""
        lesson = lesson_named(name)
        self._name = lesson.name
        super().__init__(session, run)
        self.window_group.begin_lesson(self._name, self)
        self.class_corner.note()  # now that it is this lesson which is open
        if lesson.shows_code:
            after_each_cell(self.see_own_code)

    def page(self) -> Mapping[str, object]:
        course = self.session.course.map
        before, after = course.beside(self._name)
        language = self.window_group.language
        return {
            "course": course,
            "lesson": course.of(self._name),
            "before": before,
            "after": after,
            "link_to": lambda other: link_to_lesson(other.lesson, language),
            "map_link": link_to(MAP_FILES, language),
            "twin_of": lambda spoken: link_to(lesson_named(self._name).files, spoken),
        }

    def see_own_code(self, result: object) -> bool:
        """Note what a cell of the user's has shown; False once another lesson has begun."""
        if self.window_group.lesson != self._name or self.comm is None:
            return False
        try:
            known = self.session.course.map.of(self._name)
            news = [check for check in shown_by_own_code(self.session, result) if not known.is_done(check)]
        except PpkitError:  # progress or a ledger that cannot be read: the head of the lesson reports it
            return True
        for check in news:
            self.has_done(check)
        self.redraw_all()  # what it cost shows in the windows below
        return True

    def actions(self) -> Mapping[str, Action]:
        return {"start_over": lambda *_: self._start_over()}

    def lesson_end(self) -> None:
        """The head has the way on in its own place."""

    def _start_over(self) -> None:
        self.session.course.start_over(self._name)
        self.news = self.texts("lesson.started_over")

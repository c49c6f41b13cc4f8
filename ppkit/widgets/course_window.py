"""The map of the course: every lesson, what is done, and the one to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.onboarding.lessons import MAP_FILES, LessonView
from ppkit.widgets import background_thread
from ppkit.widgets.lesson_links import link_to
from ppkit.widgets.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session


class CourseWindow(Window):
    """Draws `session.course`; a click on a lesson is a link, so only a progress code is answered."""

    template: ClassVar[str] = "course"

    def __init__(
        self, session: Session, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        super().__init__(session, run)
        if self.window_group.lesson:
            self.window_group.begin_lesson("", self)

    def page(self) -> Mapping[str, object]:
        return {
            "course": self.session.course.map,
            "codes": self.session.course.codes,
            "link_to": self._link_to,
            "twin_of": lambda spoken: link_to(MAP_FILES, spoken),
        }

    def actions(self) -> Mapping[str, Action]:
        return {"take_code": lambda fields, _: self._take(fields["code"])}

    def _take(self, code: str) -> None:
        self.session.course.take_code(code)
        self.news = self.texts("course.travel.taken")

    def lesson_end(self) -> None:
        """The map is no part of a lesson."""

    def _link_to(self, lesson: LessonView) -> str:
        return link_to(lesson.lesson.files, self.window_group.language)

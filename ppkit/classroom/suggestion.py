"""What a trainer asks the whole class to go on with: a lesson, or one thing that it asks for.

No lesson is locked, so that nothing has to be opened for anybody: whoever is elsewhere is shown the way.
"""

from __future__ import annotations

from dataclasses import dataclass

from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import LESSONS, Lesson


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A lesson, and one of its checks; "" for the lesson as a whole."""

    lesson: Lesson
    check: str = ""

    @property
    def name(self) -> str:
        """As it is kept and sent: "costs", "costs/costs.limit_set"."""
        return f"{self.lesson.name}/{self.check}" if self.check else self.lesson.name

    @property
    def number(self) -> int:
        return LESSONS.index(self.lesson) + 1

    def in_words(self, texts: Texts) -> str:
        title = texts(f"course.lesson.{self.lesson.name}.title")
        step = f": {texts(f'onboarding.check.{self.check}')}" if self.check else ""
        return f"{self.number}. {title}{step}"


def suggestion_named(name: str) -> Suggestion | None:
    """None for a name that means nothing, as that of a lesson which only a newer ppkit has."""
    lesson_name, _, check = name.partition("/")
    lesson = next((one for one in LESSONS if one.name == lesson_name), None)
    if lesson is None or (check and check not in lesson.checks):
        return None
    return Suggestion(lesson, check)


def suggestions() -> list[Suggestion]:
    """Everything that can be suggested: each lesson, then what it asks for."""
    return [Suggestion(lesson, check) for lesson in LESSONS for check in ("", *lesson.checks)]
